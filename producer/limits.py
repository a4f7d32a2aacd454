"""What one PutRecords call takes, in AWS's own numbers where they are safe everywhere.

The service now takes requests of 10 MiB, and records of 10 MiB on streams whose MaxRecordSizeInKiB was raised. These
are the limits that hold for every stream and every emulator.
"""

from streamkit.kpl import MAGIC

RECORDS_PER_REQUEST = 500
REQUEST_BYTES = 5 * 1024 * 1024  # data and partition keys, before they are encoded
RECORD_BYTES = 1024 * 1024  # data and partition key
KEY_CHARACTERS = 256
SURELY_SMALL = RECORD_BYTES // 2  # whatever the key, and however it is wrapped
ENVELOPE_BYTES = 128  # the most that an aggregate of one adds, for data that would pass for an aggregate itself


def refusal(data: bytes, key: str) -> str | None:
    """Why Kinesis would not take this record; None when it would."""
    if 0 < len(key) <= KEY_CHARACTERS and len(data) < SURELY_SMALL:
        return None
    if not 1 <= len(key) <= KEY_CHARACTERS:
        return f"key must have 1 to {KEY_CHARACTERS} characters; got {len(key)}."
    most = RECORD_BYTES - (ENVELOPE_BYTES if data.startswith(MAGIC) else 0)
    if (size := len(data) + len(key.encode())) > most:
        return f"data and key must have at most {most} bytes together; got {size}: split the record."
    return None
