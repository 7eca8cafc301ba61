"""FedMD: everybody hears what all say on average of common pictures, learns it, and goes back to its own frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lotwise.datasets.frame import Image
from lotwise.students.federation.method import Arrays, Local, Parcel
from lotwise.students.federation.predictions.peers_hook import PeersHook, detector
from lotwise.students.federation.predictions.reference_method import ReferenceMethod
from lotwise.students.federation.predictions.soft_detections import SoftDetections, best, mean
from lotwise.students.federation.predictions.soft_loss import peers_say
from lotwise.students.federation.predictions.student_says import predict


@dataclass(frozen=True, kw_only=True)
class FedMD(ReferenceMethod):
    """A star: node -> server the K best anchors of each picture, server -> nodes the K best of their mean.

    In a round, a camera *digests* the mean (learns it on the reference pictures alone), *revisits* its own frames, and
    says what it sees then. Where one camera alone has said something, there is no mean to be told.

    Source: Li and Wang, "FedMD", NeurIPS 2019 workshop, arXiv 1910.03581; code diogenes0319/FedMD_clean @ab7a07b. The
    uniform mean is the paper's. There the distance is the absolute one of logits; here it is that of ``soft_loss``, as
    a detector's background anchors would fill a distance of logits. The paper's first step, learning a *labelled*
    public set, is what the pretrained nano has behind it.

    Attributes:
        digest_steps: on reference pictures each round, at the rate of the own frames.
        power: of the mean over cameras; the paper's is 1, with more the surer ones count more.
        keep: anchors sent of each picture.
        pictures: drawn anew each round; 0 for all.
    """

    digest_steps: int = 20
    power: float = 1.0
    keep: int = 100
    pictures: int = 0

    def outgoing(self, state: Parcel, round: int, nodes: Sequence[str]) -> Mapping[str, Parcel]:  # noqa: A002
        told = Parcel({name: arrays for name, arrays in state.arrays.items()}, {**state.numbers, "round": round})
        return dict.fromkeys(nodes, told)

    def on_node(self, incoming: Parcel, kept: Parcel | None, local: Local) -> tuple[Parcel, Parcel]:
        if kept is not None:
            local.load(kept.group("weights"))
        round = int(incoming.number("round"))  # noqa: A001
        if "mean" in incoming.arrays:
            rate = self.work.rate * local.decay
            hook = self._hook(incoming, round)
            local.train(self.digest_steps, hook, rate=rate, optimizer=self.work.optimizer, own=False)
        self.train_own(incoming, local)
        said = best(predict(detector(local.student), self._drawn(round)), self.keep)
        reply = Parcel({"soft": said.arrays()}, {"examples": local.examples})
        return reply, Parcel({"weights": local.weights()})

    def check(self, state: Parcel, reply: Parcel) -> None:
        self.read(reply.group("soft"))

    def gather(self, state: Parcel, round: int, replies: Mapping[str, Parcel]) -> Parcel:  # noqa: A002
        said = [self.read(reply.group("soft")) for reply in replies.values()]
        if len(said) < 2:
            return Parcel()
        told = best(mean([one.dense(self.anchors) for one in said], self.power), self.keep)
        return Parcel({"mean": told.arrays()}, {"about": round})

    def _hook(self, incoming: Parcel, round: int) -> PeersHook:  # noqa: A002
        told = self.read(incoming.group("mean"))
        peers = peers_say(told.dense(self.anchors), [told])
        pictures = self._drawn(int(incoming.number("about")))
        return PeersHook(pictures, peers, batch=self.batch, seed=(self.seed, round))

    def read(self, arrays: Arrays) -> SoftDetections:
        count = min(self.pictures or len(self.reference), len(self.reference))
        return SoftDetections.of_arrays(arrays, count, self.anchors)

    def _drawn(self, round: int) -> tuple[Image, ...]:  # noqa: A002
        return self.reference.drawn(self.pictures, round, self.seed)
