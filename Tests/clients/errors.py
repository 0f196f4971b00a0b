"""What AWS's errors look like to boto3."""
import contextlib

import pytest
from botocore.exceptions import ClientError


@contextlib.contextmanager
def refused(code: str, message: str | None = None, status: int = 400):
    """The block must end in this error. `message` None: not compared; "": AWS sends none. Gives what was caught."""
    with pytest.raises(ClientError) as caught:
        yield caught
    response = caught.value.response
    assert response["Error"]["Code"] == code, response["Error"]
    assert response["ResponseMetadata"]["HTTPStatusCode"] == status
    if message is not None:
        assert response["Error"].get("Message", "") == message
