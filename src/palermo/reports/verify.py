"""Are these the entries that were sealed? Checks `ledger.json` of a duty-to-investigate file, by itself.

    python3 verify.py FILE.zip [KEY]

needs nothing but Python. KEY is the ledger's first public key in hexadecimal, from somebody who kept it; without it
only the file's own word says whose ledger it is. Every entry is hashed, followed up its path to a seal and to the head,
and the head's signature is checked (RFC 6962 for the tree, RFC 8032 for the signature). Exit 0: all holds; 1: not.
"""

import base64
import hashlib
import json
import sys
import zipfile
from typing import Any

Point = tuple[int, int, int, int]
P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)


def x_of(y: int, odd: int) -> int | None:
    """The x of the point of the curve with that y, even or odd; None where there is none."""
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x * ROOT_OF_MINUS_ONE % P if (x * x - square) % P else x
    if y >= P or (x * x - square) % P or (x == 0 and odd):
        return None
    return P - x if x % 2 != odd else x


def point(packed: bytes) -> Point | None:
    """The point that 32 bytes stand for, in extended coordinates; None where they stand for none."""
    number = int.from_bytes(packed, "little")
    y = number % 2**255
    x = x_of(y, number >> 255)
    return None if x is None else (x, y, 1, x * y % P)


def added(one: Point, two: Point) -> Point:
    """The sum of two points."""
    a, b = (one[1] - one[0]) * (two[1] - two[0]), (one[1] + one[0]) * (two[1] + two[0])
    c, d = 2 * one[3] * two[3] * D, 2 * one[2] * two[2]
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(number: int, one: Point) -> Point:
    """So many times a point."""
    total = (0, 1, 1, 0)
    while number:
        if number & 1:
            total = added(total, one)
        one, number = added(one, one), number >> 1
    return total


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE_X = x_of(BASE_Y, 0) or 0
BASE = (BASE_X, BASE_Y, 1, BASE_X * BASE_Y % P)


def is_signed(public: bytes, signature: bytes, content: bytes) -> bool:
    """Whether the key made that Ed25519 signature of that content."""
    key, first = point(public), point(signature[:32])
    second = int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or key is None or first is None or second >= ORDER:
        return False
    challenge = int.from_bytes(hashlib.sha512(signature[:32] + public + content).digest(), "little") % ORDER
    left, right = times(second, BASE), added(first, times(challenge, key))
    return not ((left[0] * right[2] - right[0] * left[2]) % P or (left[1] * right[2] - right[1] * left[2]) % P)


def leaf(content: bytes) -> bytes:
    """The hash of what stands at a leaf."""
    return hashlib.sha256(b"\x00" + content).digest()


def root(found: bytes, place: int, size: int, way: list[str]) -> bytes | None:
    """The root that a leaf gives with the way up from it in a tree of that size; None where the way does not fit."""
    path = [bytes.fromhex(one) for one in way]
    if not 0 <= place < size:
        return None
    while size > 1:
        if place ^ 1 < size:
            if not path:
                return None
            beside = path.pop(0)
            pair = beside + found if place % 2 else found + beside
            found = hashlib.sha256(b"\x01" + pair).digest()
        place, size = place // 2, (size + 1) // 2
    return None if path else found


def parts(content: str) -> list[str]:
    """The texts that an entry was hashed from: each with its length before it."""
    found, rest = [], content.encode()
    while rest:
        length, _, rest = rest.partition(b":")
        size = int(length)
        if rest[size : size + 1] != b",":
            raise ValueError("an entry is not written as it should be")
        found.append(rest[:size].decode())
        rest = rest[size + 1 :]
    return found


def faults(told: dict[str, Any], kept: str = "") -> list[str]:
    """What does not hold, a sentence each; nothing where all does."""
    if not told["head"]:
        return ["nothing was sealed when the file was made"] if told["entries"] else []
    text, _, signed = told["head"].partition("\n\n")
    origin, seals, head, _ = text.split("\n")
    keys = [bytes.fromhex(one["public"]) for one in told["keys"]]
    found = [
        f"key {number} is not vouched for by the one before it"
        for number, (old, new) in enumerate(zip(keys, told["keys"][1:], strict=False), start=2)
        if not is_signed(old, bytes.fromhex(new["vouched"]), bytes.fromhex(new["public"]))
    ]
    if kept and bytes.fromhex(kept) != keys[0]:
        found.append("the ledger's first key is not the one that was given")
    if origin != "palermo-" + hashlib.sha256(keys[0]).hexdigest()[:16]:
        found.append("the head is not of the ledger whose first key is given")
    signature = base64.b64decode(signed.split(" ")[2])[4:]
    if not any(is_signed(key, signature, text.encode() + b"\n") for key in keys):
        found.append("the head is not signed by a key of the ledger")
    sealed = {one["number"]: one for one in told["seals"]}
    for one in told["entries"]:
        seal = sealed.get(one["seal"])
        if seal is None or parts(one["content"])[2] != str(one["id"]):
            found.append(f"entry {one['id']} is not the one that its proof is for")
            continue
        batch = root(leaf(one["content"].encode()), one["place"], seal["entries"], one["path"])
        about = " ".join(str(seal[name]) for name in ("number", "last_tx", "last_id", "total", "sealed_at"))
        top = leaf(about.encode() + b" " + (batch or b""))
        if batch is None or root(top, seal["number"] - 1, int(seals), seal["path"]) != base64.b64decode(head):
            found.append(f"entry {one['id']} is not the one that was sealed")
    return found


if __name__ == "__main__":
    with zipfile.ZipFile(sys.argv[1]) as given:
        ledger = json.loads(given.read("ledger.json"))
    wrong = faults(ledger, *sys.argv[2:3])
    said = f"{len(ledger['entries'])} entries are as they were sealed; {ledger['unsealed']} were not sealed yet"
    sys.stdout.write("\n".join(wrong or [said]) + "\n")
    sys.exit(1 if wrong else 0)
