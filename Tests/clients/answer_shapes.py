"""Whether answers in XML are what the model says, to the letter: botocore passes over what it does not know."""
import re
import xml.etree.ElementTree

# The model has one value, PermissionsBoundaryPolicy; its text, and IAM, say that it is always Policy.
BEYOND_THE_MODEL = {"PermissionsBoundaryType": "Policy"}


def check_shapes(client) -> None:
    """From now on an answer to `client` that does not fit the model fails the test that asked for it."""
    service = client.meta.service_model.service_id.hyphenize()
    client.meta.events.register(f"before-parse.{service}", check_answer)


def check_answer(operation_model, response_dict, **_) -> None:
    if response_dict["status_code"] != 200:
        return
    namespace = operation_model.service_model.metadata["xmlNamespace"]
    root = xml.etree.ElementTree.fromstring(response_dict["body"])
    assert root.tag == f"{{{namespace}}}{operation_model.name}Response"
    output = operation_model.output_shape
    wrappers = [output.serialization["resultWrapper"]] if output else []
    assert names(root) == [*wrappers, "ResponseMetadata"]
    if output:
        check(output, root[0], operation_model.name)


def names(element) -> list[str]:
    return [re.sub(r"\{.*\}", "", child.tag) for child in element]


def check(shape, element, path: str) -> None:
    if shape.type_name == "structure":
        found = names(element)
        assert len(set(found)) == len(found) and set(found) <= set(shape.members), f"{path}: {found}"
        assert set(shape.required_members) <= set(found), f"{path} misses some of {shape.required_members}"
        for child, name in zip(element, found):
            check(shape.members[name], child, f"{path}.{name}")
    elif shape.type_name == "list":
        assert set(names(element)) <= {"member"}, path
        for child in element:
            check(shape.member, child, path)
    elif shape.type_name == "map":
        for entry in element:
            assert names(entry) == ["key", "value"], path
            check(shape.value, entry[1], path)
    else:
        text = element.text or ""
        assert len(element) == 0, path
        pattern = {
            "timestamp": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "boolean": "true|false", "integer": r"\d+",
        }.get(shape.type_name, "(?s:.*)")
        assert re.fullmatch(pattern, text), f"{path}: {text}"
        allowed = getattr(shape, "enum", None)
        assert not allowed or text in allowed or BEYOND_THE_MODEL.get(path.split(".")[-1]) == text, f"{path}: {text}"
