"""Compares this package's protobuf with Python's, on random messages. Started by `differential`, which says how.

Each message goes four ways through the testee and through Python: binary to binary, binary to JSON, Python's JSON to
binary, and damaged binary, which both have to accept or both to refuse.
A difference is printed with what made it; the seed on the first line repeats a run.
"""

import random
import struct
import subprocess
import sys

testee_path, generated, case_count, seed = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
sys.path.insert(0, generated)

import google.protobuf
from google.protobuf import json_format
from google.protobuf.descriptor import FieldDescriptor as Field
from google.protobuf.internal import api_implementation
from google.protobuf.message import DecodeError

google.protobuf.__path__.append(generated + "/google/protobuf")
import conformance_pb2 as conformance
from google.protobuf import test_messages_proto3_pb2 as proto3

MESSAGE = "protobuf_test_messages.proto3.TestAllTypesProto3"
MAX_SHOWN = 3  # differences of a kind
CHARACTERS = ["a", "Z", "0", "é", "流", "😀", '"', "\\", "\n", "\x01", "\x7f", "/", " "]

rng = random.Random(seed)


class Testee:
    """The program under test, which talks as the conformance runner expects."""

    def __init__(self, path):
        self.process = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, **fields):
        request = conformance.ConformanceRequest(message_type=MESSAGE, **fields).SerializeToString()
        self.process.stdin.write(struct.pack("<I", len(request)) + request)
        self.process.stdin.flush()
        head = self.process.stdout.read(4)
        if len(head) < 4:
            raise SystemExit(f"the testee died of {fields}")
        response = conformance.ConformanceResponse()
        response.ParseFromString(self.process.stdout.read(struct.unpack("<I", head)[0]))
        return response

    def binary(self, data):
        return self.ask(protobuf_payload=data, requested_output_format=conformance.PROTOBUF,
                        test_category=conformance.BINARY_TEST)

    def to_json(self, data):
        return self.ask(protobuf_payload=data, requested_output_format=conformance.JSON,
                        test_category=conformance.JSON_TEST)

    def from_json(self, text):
        return self.ask(json_payload=text, requested_output_format=conformance.PROTOBUF,
                        test_category=conformance.JSON_TEST)


class Tally:
    """How many cases of each kind there were, and how many differed."""

    def __init__(self):
        self.cases, self.differences = {}, {}

    def note(self, kind, same, what):
        self.cases[kind] = self.cases.get(kind, 0) + 1
        if not same:
            self.differences[kind] = self.differences.get(kind, 0) + 1
            if self.differences[kind] <= MAX_SHOWN:
                print("DIFFERENT", kind, what)


# Random messages


def integer(bits, signed):
    value = rng.choice([
        0, 1, rng.getrandbits(7), rng.getrandbits(bits), (1 << (bits - 1)) - 1, (1 << bits) - 1,
        rng.getrandbits(rng.randint(1, bits)),
    ])
    return value - (1 << bits) if signed and value >> (bits - 1) else value


def text():
    return "".join(rng.choice(CHARACTERS) for _ in range(rng.choice([0, 1, 5, 15, 16, 40, 200])))


def scalar(field):
    kind = field.cpp_type
    if kind == Field.CPPTYPE_INT32:
        return integer(32, True)
    if kind == Field.CPPTYPE_INT64:
        return integer(64, True)
    if kind == Field.CPPTYPE_UINT32:
        return integer(32, False)
    if kind == Field.CPPTYPE_UINT64:
        return integer(64, False)
    if kind == Field.CPPTYPE_BOOL:
        return rng.random() < 0.5
    if kind == Field.CPPTYPE_ENUM:
        unnamed = [] if field.enum_type.name == "NullValue" else [77, -5]
        return rng.choice([value.number for value in field.enum_type.values] + unnamed)
    if kind == Field.CPPTYPE_STRING:
        if field.type == Field.TYPE_STRING:
            return text()
        return rng.randbytes(rng.choice([0, 1, 2, 3, 15, 40]))
    if kind == Field.CPPTYPE_FLOAT:
        any_float = struct.unpack("<f", struct.pack("<f", rng.uniform(-1e30, 1e30)))[0]
        return rng.choice([0.0, -0.0, 1.5, float("inf"), any_float, 1e-45])
    return rng.choice([0.0, -0.0, 0.1, float("-inf"), rng.uniform(-1e300, 1e300), 5e-324, 1e20, 123456789.0])


def fill_well_known(message, depth):
    """Fills a message whose contents are restricted; false for all others."""
    name = message.DESCRIPTOR.full_name
    if name == "google.protobuf.Timestamp":
        message.seconds = rng.randint(-62135596800, 253402300799)
        message.nanos = rng.choice([0, 1, 1000, 5000000, 999999999])
    elif name == "google.protobuf.Duration":
        sign = rng.choice([-1, 1])
        message.seconds = sign * rng.randint(0, 315576000000)
        message.nanos = sign * rng.choice([0, 1, 1000, 5000000, 999999999])
    elif name == "google.protobuf.FieldMask":
        message.paths.extend(rng.choice(["a", "foo_bar", "a.b_c"]) for _ in range(rng.randint(0, 3)))
    elif name == "google.protobuf.Any":
        message.Pack(rng.choice([
            proto3.ForeignMessage(c=5),
            proto3.TestAllTypesProto3(optional_int32=3, optional_string="x"),
        ]))
    elif name == "google.protobuf.Value":
        kind = rng.randint(0, 5 if depth > 0 else 3)
        if kind == 0:
            message.null_value = 0
        elif kind == 1:
            message.number_value = rng.uniform(-1e9, 1e9)
        elif kind == 2:
            message.string_value = text()
        elif kind == 3:
            message.bool_value = True
        else:
            part = message.struct_value if kind == 4 else message.list_value
            fill_well_known(part, depth - 1)
            part.SetInParent()
    elif name == "google.protobuf.Struct":
        for _ in range(rng.randint(0, 3)):
            fill_well_known(message.fields[text()], depth - 1)
    elif name == "google.protobuf.ListValue":
        for _ in range(rng.randint(0, 3)):
            fill_well_known(message.values.add(), depth - 1)
    else:
        return False
    return True


def fill(message, depth):
    if fill_well_known(message, depth):
        return
    fields = list(message.DESCRIPTOR.fields)
    for field in rng.sample(fields, min(len(fields), rng.choice([1, 3, 10]))):
        is_repeated = field.label == Field.LABEL_REPEATED
        if field.message_type and field.message_type.GetOptions().map_entry:
            key, value = (field.message_type.fields_by_name[name] for name in ("key", "value"))
            entries = getattr(message, field.name)
            for _ in range(rng.randint(0, 3)):
                if value.message_type:
                    fill(entries[scalar(key)], depth - 1)
                else:
                    entries[scalar(key)] = scalar(value)
        elif field.message_type:
            if depth <= 0:
                continue
            if is_repeated:
                for _ in range(rng.randint(0, 3)):
                    fill(getattr(message, field.name).add(), depth - 1)
            else:
                part = getattr(message, field.name)
                part.SetInParent()
                fill(part, depth - 1)
        elif is_repeated:
            getattr(message, field.name).extend(scalar(field) for _ in range(rng.randint(0, 5)))
        else:
            setattr(message, field.name, scalar(field))


def damage(data, values):
    """Changes, removes or inserts one to three elements."""
    for _ in range(rng.randint(1, 3)):
        if data:
            at = rng.randrange(len(data))
            rng.choice([
                lambda: data.__setitem__(at, values()), lambda: data.pop(at),
                lambda: data.insert(at, values()),
            ])()
    return data


# Comparisons


def canonical(data):
    return proto3.TestAllTypesProto3.FromString(data).SerializeToString(deterministic=True)


def parsed_json(json):
    return json_format.Parse(json, proto3.TestAllTypesProto3()).SerializeToString(deterministic=True)


def compare_binary(testee, tally, message, data):
    response = testee.binary(data)
    same = response.HasField("protobuf_payload") and (
        canonical(response.protobuf_payload) == message.SerializeToString(deterministic=True))
    tally.note("binary to binary", same, (data.hex()[:300], str(response)[:200]))


def compare_json(testee, tally, message, data):
    try:
        json = json_format.MessageToJson(message, preserving_proto_field_name=rng.random() < 0.3)
    except (ValueError, TypeError, json_format.Error):
        return  # Python cannot write it
    expected = parsed_json(json)
    response = testee.to_json(data)
    try:
        same = parsed_json(response.json_payload) == expected
    except json_format.ParseError as error:
        same, response = False, (error, response)
    tally.note("binary to JSON", same, (json[:300], str(response)[:600]))

    response = testee.from_json(json)
    same = response.HasField("protobuf_payload") and canonical(response.protobuf_payload) == expected
    tally.note("JSON to binary", same, (json[:600], str(response)[:200]))


def compare_damaged_binary(testee, tally, data):
    data = bytes(damage(bytearray(data), lambda: rng.getrandbits(8)))
    try:
        message = proto3.TestAllTypesProto3.FromString(data)
    except (DecodeError, UnicodeDecodeError):
        message = None
    response = testee.binary(data)
    same = (message is not None) == response.HasField("protobuf_payload")
    # The C implementation keeps a map entry with an unknown field whole among the unknown fields: contents are
    # compared with the Python implementation only.
    if same and message is not None and api_implementation.Type() == "python":
        ours = proto3.TestAllTypesProto3.FromString(response.protobuf_payload)
        # An overlong tag of an unknown field is kept in its short form.
        ours.DiscardUnknownFields()
        message.DiscardUnknownFields()
        same = ours.SerializeToString(deterministic=True) == message.SerializeToString(deterministic=True)
    kind = "damaged binary, " + ("refused" if message is None else "accepted")
    tally.note(kind, same, (data.hex()[:400], str(response)[:200]))


def main():
    print(f"seed {seed}, protobuf {google.protobuf.__version__} ({api_implementation.Type()})")
    testee, tally = Testee(testee_path), Tally()
    messages = 0
    while sum(tally.cases.values()) < case_count:
        messages += 1
        message = proto3.TestAllTypesProto3()
        fill(message, 3)
        data = message.SerializeToString()
        compare_binary(testee, tally, message, data)
        compare_json(testee, tally, message, data)
        compare_damaged_binary(testee, tally, data)
    for kind, count in tally.cases.items():
        print(f"{kind}: {count} cases, {tally.differences.get(kind, 0)} different")
    failed = sum(tally.differences.values())
    print(f"{messages} messages: {sum(tally.cases.values()) - failed} cases agree, {failed} differ")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
