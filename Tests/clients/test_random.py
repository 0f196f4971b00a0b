import pytest
from errors import refused


@pytest.mark.parametrize("size", [1, 32, 1024])
def test_random_bytes_come_in_the_size_asked_for(kms, size):
    assert len(kms.generate_random(NumberOfBytes=size)["Plaintext"]) == size


def test_random_bytes_are_never_the_same(kms):
    assert len({kms.generate_random(NumberOfBytes=16)["Plaintext"] for _ in range(50)}) == 50


def test_without_a_size_aws_says_what_is_missing(kms):
    with refused("ValidationException", "NumberOfBytes is required."):
        kms.generate_random()


def test_1025_bytes_are_too_many(kms):
    text = (
        "1 validation error detected: Value '1025' at 'numberOfBytes' failed to satisfy constraint: "
        "Member must have value less than or equal to 1024"
    )
    with refused("ValidationException", text):
        kms.generate_random(NumberOfBytes=1025)
