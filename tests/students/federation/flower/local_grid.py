"""A Grid within one process: messages go to the apps of nodes at once. What a node does may be replaced or left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import count

from flwr.app import Context, Error, Message, RecordDict
from flwr.supercore.task_identity import TaskIdentity

Answer = Callable[[Message], Message | None]
"""None for no reply at all."""


class LocalGrid:
    """Nodes by id; each message is answered when it is sent."""

    def __init__(self, nodes: dict[int, Answer]) -> None:
        self.nodes, self._numbers = nodes, count(1)
        TaskIdentity.task_id, TaskIdentity.run_id, TaskIdentity.node_id = 1, 1, 1
        self._replies: list[Message] = []
        self.sent: list[Message] = []

    def get_node_ids(self) -> Iterable[int]:
        return list(self.nodes)

    def push_messages(self, messages: Iterable[Message]) -> Iterable[str]:
        identities = []
        for message in messages:
            message.metadata.__dict__["_message_id"] = str(next(self._numbers))
            identities.append(message.metadata.message_id)
            self.sent.append(message)
            try:
                reply = self.nodes[message.metadata.dst_node_id](message)
            except Exception as error:  # as Flower's engines do
                reply = Message(Error(code=1, reason=f"{type(error).__name__}: {error}"), reply_to=message)
            if reply is not None:
                self._replies.append(reply)
        return identities

    def pull_messages(self, message_ids: Iterable[str]) -> Iterable[Message]:
        asked = set(message_ids)
        found = [one for one in self._replies if one.metadata.reply_to_message_id in asked]
        self._replies = [one for one in self._replies if one.metadata.reply_to_message_id not in asked]
        return found

    def send_and_receive(self, messages: Iterable[Message], *, timeout: float | None = None) -> Iterable[Message]:
        return self.pull_messages(self.push_messages(messages))


def node(app, identity: int, **config) -> Answer:
    """A node that runs an app."""
    context = Context(run_id=1, node_id=identity, node_config=dict(config), state=RecordDict(), run_config={})
    return lambda message: app(message, context)
