"""Which share of the work a process has."""

import pytest
import torch

from henkan.workflow.share import Share, find_share, own_device, share_cores


def torchrun(rank: int, count: int, machines: int = 1) -> dict[str, str]:
    """What torchrun tells a process."""
    each = count // machines
    names = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE")
    return {name: str(value) for name, value in zip(names, (rank, count, rank % each, each), strict=True)}


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_shares_are_all_the_work_and_have_nothing_in_common(count: int) -> None:
    shares = [find_share(f"{number}/{count}", {}) for number in range(1, count + 1)]
    taken = [[item for item in range(20) if share is not None and share.has(item)] for share in shares]
    assert sorted(item for items in taken for item in items) == list(range(20))
    assert max(map(len, taken)) - min(map(len, taken)) <= 1


def test_torchrun_and_the_option_say_the_same() -> None:
    for number in range(3):
        share, other = find_share(f"{number + 1}/3", {}), find_share(None, torchrun(number, 3))
        assert share is not None
        assert other is not None
        assert (share.number, share.count) == (other.number, other.count) == (number, 3)


@pytest.mark.parametrize("environment", [{}, torchrun(0, 1), {"LOCAL_RANK": "0"}, {"RANK": "0"}], ids=len)
def test_one_process_has_no_share(environment: dict[str, str]) -> None:
    assert find_share(None, environment) is None


def test_one_process_of_a_machine_shows_how_far_it_is() -> None:
    shares = [find_share(None, torchrun(rank, 4, machines=2)) for rank in range(4)]
    assert [share is not None and share.is_first for share in shares] == [True, False, True, False]
    assert find_share("2/4", {}) == Share(1, 4, is_first=True)


@pytest.mark.parametrize("wish", ["9/8", "0/4", "x", "3", "3/", "/3", "0/0", "1/0", "-1/4", "1.5/4", "1/4/8", "²/3"])
def test_what_is_no_share_is_refused_with_an_example(wish: str) -> None:
    with pytest.raises(ValueError, match="is no share: write 3/8 for the third of eight"):
        find_share(wish, {})


def test_an_option_beside_torchrun_is_refused() -> None:
    with pytest.raises(ValueError, match=r"--shard 1/2 and the environment \(RANK=1, WORLD_SIZE=4"):
        find_share("1/2", torchrun(1, 4))
    assert find_share("1/2", torchrun(0, 1)) == Share(0, 2)


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"WORLD_SIZE": "2"}, "RANK is '' in the environment"),
        ({"WORLD_SIZE": "2", "RANK": "x"}, "RANK is 'x'"),
        ({"WORLD_SIZE": "0", "RANK": "0"}, "WORLD_SIZE is '0'"),
        ({"WORLD_SIZE": "many"}, "WORLD_SIZE is 'many'"),
        ({"WORLD_SIZE": "2", "RANK": "2"}, "RANK=2 in the environment is not below WORLD_SIZE=2"),
    ],
)
def test_an_environment_that_makes_no_sense_is_named(environment: dict[str, str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        find_share(None, environment)


def test_processes_of_one_machine_share_its_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "get_num_threads", lambda: 8)
    chosen: list[int] = []
    monkeypatch.setattr(torch, "set_num_threads", chosen.append)
    share_cores(torchrun(5, 6, machines=2))
    share_cores(torchrun(5, 20))
    assert chosen == [2, 1]
    share_cores({**torchrun(5, 6), "OMP_NUM_THREADS": "4"})
    share_cores({})
    share_cores(torchrun(1, 2, machines=2))
    assert chosen == [2, 1]


def test_processes_of_one_machine_have_a_gpu_each_as_far_as_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert [own_device("cuda", torchrun(rank, 3)) for rank in range(3)] == ["cuda:0", "cuda:1", "cuda:0"]
    assert own_device("cuda", {}) == own_device("cuda", torchrun(1, 2, machines=2)) == "cuda"
    assert [own_device(name, torchrun(1, 2)) for name in ("cpu", "mps", "cuda:1")] == ["cpu", "mps", "cuda:1"]
