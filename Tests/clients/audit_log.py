"""The audit log's files, read without the server; and clients whose calls are noted, to be looked for there."""
import collections
import dataclasses
import json

from botocore.exceptions import ClientError


def records(folder) -> list[dict]:
    """All records, in their order. The last line may be on its way."""
    lines = [line for file in sorted(folder.glob("*.jsonl")) if file.name != "digests.jsonl"
             for line in file.read_text().split("\n")[:-1]]
    return [json.loads(line)["record"] for line in lines]


def by_request(folder) -> dict[str, list[dict]]:
    found = collections.defaultdict(list)
    for record in records(folder):
        found[record.get("requestID")].append(record)
    return found


@dataclasses.dataclass
class Call:
    request: str
    operation: str
    # As CloudTrail writes it; None for what succeeded.
    error: str | None

    @property
    def expected(self) -> tuple:
        return self.operation, self.error


class Calls(list):
    """What clients called, by the ids that the answers gave the requests."""

    def note(self, client):
        """Notes all calls of a client of boto3 from now on."""

        def after(parsed, model, context, **_):
            code = parsed.get("Error", {}).get("Code")
            error = "AccessDenied" if code == "AccessDeniedException" else code
            self.append(Call(parsed["ResponseMetadata"]["RequestId"], model.name, error))

        client.meta.events.register(f"after-call.{client.meta.service_model.service_id.hyphenize()}", after)
        return client

    def missing(self, folder) -> list:
        """Calls that are not in the log, exactly once and as what they were."""
        found = by_request(folder)
        return [
            (call, found[call.request]) for call in self
            if [(record["eventName"], record.get("errorCode")) for record in found[call.request]] != [call.expected]
        ]


def quietly(call, **parameters) -> None:
    """Calls, whatever comes of it."""
    try:
        call(**parameters)
    except ClientError:
        pass
