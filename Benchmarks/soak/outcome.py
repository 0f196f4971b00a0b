"""What a soak run came to, as text and as JSON."""
import statistics


def slope(points: list[tuple[float, float]]) -> float:
    """The rise of a least-squares line, a second."""
    if len(points) < 3:
        return 0
    mean_x = statistics.fmean(x for x, _ in points)
    mean_y = statistics.fmean(y for _, y in points)
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else 0


def text(result: dict) -> str:
    lines = [
        f"seed {result['seed']}, {result['seconds']:.0f} s, {result['clients']} clients",
        f"operations          {result['operations']:,} ({result['operations'] / result['seconds']:,.0f} a second)",
        f"lost keys           {len(result['lost'])} of {result['keys']}",
        f"wrong answers       {len(result['wrong'])}",
        f"unreadable          {len(result['unreadable'])} of {result['opened'] + len(result['unreadable'])} "
        "ciphertexts and proofs",
        f"given up            {len(result['unavailable'])} operations had no answer within an SDK's patience",
        f"availability        {100 * result['availability']:.2f} % of attempts, "
        f"{100 * result['afterRetries']:.3f} % of operations after retries",
    ]
    times = result["recoverySeconds"]
    if times:
        lines.append(
            f"recovery            {len(times)} faults, median {statistics.median(times):.2f} s, worst {max(times):.2f} s")
    memory = result["memory"]
    lines += [
        f"memory              server {memory['serverFirst']:,} to {memory['serverLast']:,} KiB, "
        f"{memory['serverSlope'] * 60:+.0f} KiB a minute over the second half",
        f"descriptors         {result['descriptors']['first']} to {result['descriptors']['last']}",
        f"threads             {result['threads']['first']} to {result['threads']['last']}",
        f"sessions            {result['sessions']} at the end",
        f"doctor              {result['doctor']}",
        f"audit log           {result['audit']}",
    ]
    for title, key in [("lost", "lost"), ("wrong", "wrong"), ("unreadable", "unreadable"), ("given up", "unavailable")]:
        lines += [f"{title}: {what}" for what in result[key][:20]]
    if result["slowRecoveries"]:
        lines += [f"slow recovery: {what}" for what in result["slowRecoveries"]]
    lines.append("PASSED" if result["passed"] else "FAILED: " + "; ".join(result["reasons"]))
    return "\n".join(lines)
