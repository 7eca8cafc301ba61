"""A camera as a Flower ClientApp: it says who it is, works on what the server says, and writes its student.

On a deployment each message is a process of its own: PyTorch is imported only by those that need it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flwr.app import Context, Message
from flwr.clientapp import ClientApp

from lotwise.datasets.errors import InputError
from lotwise.students.federation.flower.records import ERROR, of_records, to_records
from lotwise.students.federation.node import Node
from lotwise.students.federation.parcel import Parcel

HELLO, ROUND, FINISH = "query.hello", "train.round", "train.finish"
"""Types of messages; the part behind the dot is the name of the handler."""


def make_client_app(node_of: Callable[[Context], Node]) -> ClientApp:
    """The app of all nodes.

    Args:
        node_of: which node this is, by what Flower says.
    """
    app = ClientApp()

    @app.query("hello")
    def hello(message: Message, context: Context) -> Message:
        return _answered(message, lambda: (Parcel(), {"camera": node_of(context).camera}))

    @app.train("round")
    def exchange(message: Message, context: Context) -> Message:
        return _answered(message, lambda: (_exchange(node_of(context), message), {}))

    @app.train("finish")
    def finish(message: Message, context: Context) -> Message:
        return _answered(message, lambda: (Parcel(), {"student": _finish(node_of(context), message)}))

    return app


def _answered(message: Message, work: Callable[[], tuple[Parcel, dict[str, Any]]]) -> Message:
    """What the node says; of input that it cannot work with, why."""
    try:
        parcel, about = work()
    except InputError as error:
        parcel, about = Parcel(), {ERROR: str(error)}
    return Message(to_records(parcel, about), reply_to=message)


def _exchange(node: Node, message: Message) -> Parcel:
    from lotwise.students.federation.node_work import work

    incoming, about = of_records(message.content)
    return work(node, about, incoming)


def _finish(node: Node, message: Message) -> str:
    from lotwise.students.federation.node_work import finish

    incoming, about = of_records(message.content)
    return finish(node, about, incoming)
