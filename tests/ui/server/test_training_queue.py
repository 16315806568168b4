"""A public server's trainings on a clock of our own: one at a time, ten wait, none unwatched."""

from __future__ import annotations

import pytest

from gan.runs import Supervisor
from gan.ui.server.training_queue import HELD_S, MOST_WAITING, UNWATCHED_S, WALL_S, Turns
from gan.ui.server.views import PageError


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Desk(Supervisor):
    """Trainings that obey at once."""

    def __init__(self) -> None:
        super().__init__()
        self.live: list[str] = []
        self.sent: list[tuple[str, str]] = []

    def running(self) -> list[str]:
        return list(self.live)

    def send(self, run_id: str, command) -> None:
        self.sent.append((run_id, command["command"]))
        if command["command"] == "stop":
            self.live.remove(run_id)

    def begin(self, run_id: str):
        def start() -> str:
            self.live.append(run_id)
            return run_id

        return start


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def turns(clock: Clock) -> Turns:
    return Turns(clock)


def test_the_next_begins_when_one_ends_and_everyone_moves_up(turns, desk, clock):
    desk.live = ["first"]
    tickets = [turns.ask(who, desk.begin(f"run-{who}")).ticket for who in "abc"]
    assert [turns.look(t, w)["position"] for t, w in zip(tickets, "abc", strict=True)] == [1, 2, 3]
    turns.tick(desk)
    assert desk.live == ["first"]
    desk.live = []
    turns.tick(desk)
    assert desk.live == ["run-a"]
    assert turns.look(tickets[0], "a")["id"] == "run-a"
    assert turns.look(tickets[1], "b")["position"] == 1
    turns.tick(desk)
    assert desk.live == ["run-a"]  # one at a time


def test_the_queue_holds_ten_and_one_place_a_visitor(turns, desk):
    for i in range(MOST_WAITING):
        turns.ask(f"visitor {i}", desk.begin("x"))
    again = turns.ask("visitor 3", desk.begin("y"))
    assert len(turns.queue()) == MOST_WAITING
    assert turns.look(again.ticket, "visitor 3")["position"] == 4
    with pytest.raises(PageError, match="trainings wait already"):
        turns.ask("one more", desk.begin("z"))


def test_a_place_says_how_long_it_takes_at_most(turns, desk, clock):
    desk.live = ["first"]
    turns.began(300)
    clock.now += 100
    tickets = [
        turns.ask(who, desk.begin(f"run-{who}"), lasts_s=lasts_s).ticket
        for who, lasts_s in (("a", 60), ("b", 600), ("c", 30))
    ]

    def waits() -> list[int]:
        return [turns.look(t, w).get("wait_s") for t, w in zip(tickets, "abc", strict=True)]

    assert waits() == [200, 260, 860]
    turns.ask("a", desk.begin("run-a"), lasts_s=120)  # asked anew
    assert waits() == [200, 320, 920]
    desk.live = []  # the first one ended early
    turns.tick(desk)
    clock.now += 20
    assert waits() == [None, 100, 700]
    clock.now += 1000  # it paused meanwhile
    assert waits() == [None, 0, 600]


def test_a_page_that_is_opened_anew_finds_its_place(turns, desk):
    ticket = turns.ask("me", desk.begin("a")).ticket
    place = turns.place_of("me")
    assert (place["ticket"], place["position"], place["of"]) == (ticket, 1, 1)
    assert turns.place_of("them") == {}


def test_who_leaves_makes_room_and_a_foreign_ticket_is_unknown(turns, desk):
    mine, theirs = turns.ask("me", desk.begin("a")), turns.ask("them", desk.begin("b"))
    for ticket in (mine.ticket, "nonsense"):
        with pytest.raises(PageError, match="place in the queue is gone"):
            turns.leave(ticket, "them", desk)
        with pytest.raises(PageError, match="place in the queue is gone"):
            turns.look(ticket, "them")
    turns.leave(mine.ticket, "me", desk)
    assert turns.look(theirs.ticket, "them")["position"] == 1


@pytest.mark.parametrize("when", ["before it begins", "while it begins", "after it has begun"])
def test_who_has_left_gets_no_training(turns, desk, when: str):
    ticket, begin = [], desk.begin("r")

    def leave() -> None:
        turns.leave(ticket[0], "me", desk)

    def start() -> str:
        if when == "while it begins":  # loading torch takes a moment: long enough to leave
            leave()
        return begin()

    ticket.append(turns.ask("me", start).ticket)
    if when == "before it begins":
        chosen = turns._waiting[0]
        leave()
        turns._begin(chosen, desk)
    else:
        turns.tick(desk)
    if when == "after it has begun":
        leave()
    assert desk.live == []
    assert desk.sent == ([] if when == "before it begins" else [("r", "stop")])


def test_who_does_not_ask_any_more_loses_the_place(turns, desk, clock):
    desk.live = ["first"]
    gone = turns.ask("gone", desk.begin("gone"))
    here = turns.ask("here", desk.begin("here"))
    clock.now += UNWATCHED_S - 1
    turns.look(here.ticket, "here")
    clock.now += 2
    turns.tick(desk)
    assert turns.queue() == [here.ticket]
    with pytest.raises(PageError):
        turns.look(gone.ticket, "gone")


def test_an_unwatched_training_pauses_and_goes_on_when_it_is_watched(turns, desk, clock):
    desk.live = ["r"]
    turns.watched("r")
    clock.now += UNWATCHED_S - 1
    turns.tick(desk)
    assert desk.sent == []
    clock.now += 2
    turns.tick(desk)
    turns.tick(desk)
    assert desk.sent == [("r", "pause")]
    clock.now += 500
    turns.tick(desk)
    assert desk.sent == [("r", "pause")]  # nobody waits: it may stay
    turns.watched("r")
    turns.tick(desk)
    assert desk.sent == [("r", "pause"), ("r", "resume")]


def test_a_paused_training_gives_way_when_others_wait(turns, desk, clock):
    desk.live = ["r"]
    turns.tick(desk)
    clock.now += UNWATCHED_S + 1
    turns.tick(desk)
    waiting = turns.ask("next", desk.begin("n"))
    for _ in range(3):
        clock.now += HELD_S / 2
        turns.look(waiting.ticket, "next")
        turns.tick(desk)
    assert desk.sent == [("r", "pause"), ("r", "stop")]
    turns.tick(desk)
    assert desk.live == ["n"]


def test_no_training_holds_the_place_for_ever(turns, desk, clock):
    desk.live = ["r"]
    turns.tick(desk)
    for _ in range(int(WALL_S // 30) + 1):
        clock.now += 30
        turns.watched("r")
        turns.tick(desk)
    assert desk.sent == [("r", "stop")]


def test_a_race_holds_the_turn_between_its_trainings_and_has_a_place_of_its_own(turns, desk):
    turns.hold("race")
    assert turns.is_taken(desk)
    ended: list[str] = []
    training = turns.ask("me", desk.begin("t"))
    race = turns.ask("me", desk.begin("r"), what="race", end=ended.append)
    assert turns.place_of("me", "race")["position"] == 2
    assert turns.place_of("me")["ticket"] == training.ticket
    turns.tick(desk)
    assert desk.live == []
    turns.release("race")
    turns.tick(desk)
    assert desk.live == ["t"]
    desk.live = []
    turns.tick(desk)
    turns.leave(race.ticket, "me", desk)
    assert ended == ["r"]  # as it wishes to be ended, not by a stop to a run of that name
    assert desk.sent == []


def test_a_training_that_cannot_begin_says_why_and_the_next_has_its_turn(turns, desk):
    def fail() -> str:
        raise PageError("gan_error_no_run")

    bad, good = turns.ask("bad", fail), turns.ask("good", desk.begin("g"))
    turns.tick(desk)
    assert turns.look(bad.ticket, "bad")["problem"]["key"] == "gan_error_no_run"
    turns.tick(desk)
    assert turns.look(good.ticket, "good")["id"] == "g"


def test_a_training_past_its_own_time_is_stopped_even_in_the_middle_of_a_step(
    turns, desk, clock, monkeypatch
):
    over = {"r": 0.0}
    monkeypatch.setattr(desk, "overtime_s", lambda run_id: over.get(run_id, 0.0))
    monkeypatch.setattr(desk, "send", lambda *sent: desk.sent.append(sent))  # hears nothing
    desk.live = ["r"]
    turns.watched("r")
    ticket = turns.ask("next", desk.begin("n")).ticket

    def told() -> tuple[object, ...]:
        place = turns.look(ticket, "next")
        return place.get("ending"), place.get("wait_s")

    turns.tick(desk)
    assert told() == (False, 0)
    over["r"] = 1.0
    turns.tick(desk)
    over["r"] = 0.0  # it waits for room on the disk
    turns.tick(desk)
    assert told()[0] is False
    turns.began(0)
    over["r"] = 3.0  # about to end by itself, on a busy machine
    turns.tick(desk)
    assert desk.sent == []
    assert told() == (True, 17)  # seven until it is asked to stop, ten until it is killed
    clock.now += 8
    over["r"] = 11.0
    turns.tick(desk)
    assert desk.sent == [("r", {"command": "stop"})]
    assert told() == (True, 9)
    desk.live = []
    turns.tick(desk)
    desk.live = ["after"]
    waits = turns.ask("third", desk.begin("t")).ticket
    turns.tick(desk)
    assert turns.look(waits, "third")["ending"] is False
