from __future__ import annotations

from tonghop.remembered import Remembered


class _Squares(Remembered[int, int]):
    def __init__(self, most: int) -> None:
        super().__init__(most)
        self.worked_out: list[int] = []

    def __missing__(self, number: int) -> int:
        self.worked_out.append(number)
        self[number] = number * number
        return self[number]


def test_what_was_found_out_once_is_not_found_out_again() -> None:
    squares = _Squares(3)
    assert [squares[number] for number in (1, 2, 1, 2)] == [1, 4, 1, 4]
    assert squares.worked_out == [1, 2]


def test_it_never_holds_more_than_it_may_and_goes_on_to_answer() -> None:
    squares = _Squares(3)
    for number in range(100):
        assert squares[number] == number * number
        assert len(squares) <= 3
    assert squares[99] == 9801
    assert len(squares.worked_out) == 100
