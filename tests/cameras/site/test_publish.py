"""Publishing as it stands in a site file: what is refused, and that a schema can be published."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from lotwise.cameras.site.publish import PublishSettings


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"mqtt": {}}, "mqtt.host"),
        ({"mqtt": {"host": "mqtt://broker:1883"}}, "alone, such as host: broker and port: 1883"),
        ({"mqtt": {"host": "broker:1884"}}, "alone, such as host: broker and port: 1884"),
        ({"mqtt": {"host": "mqtts://broker:8883"}}, "host: broker and port: 8883 and tls: true"),
        ({"mqtt": {"host": "tcp://10.0.0.3"}}, "alone, such as host: broker and port: 1883"),
        ({"mqtt": {"host": "[fe80::1]:1883"}}, "alone, such as host: broker and port: 1883"),
        ({"mqtt": {"host": "broker/mqtt"}}, "alone, such as host"),
        ({"mqtt": {"host": "h", "prefix": "a/#"}}, "no \\+ or #"),
        ({"mqtt": {"host": "h", "prefix": "/a"}}, "no / at its ends"),
        ({"mqtt": {"host": "h", "port": 0}}, "greater than or equal to 1"),
        ({"mqtt": {"host": "h", "qos": 2}}, "Extra inputs"),
        ({"mqtt": {"host": "h", "password": {"env": "P"}}}, "add username"),
        ({"mqtt": {"host": "h", "ca_file": "ca.pem"}}, "add tls: true"),
        ({"history": {"keep_days": 0}}, "greater than 0"),
    ],
)
def test_bad_settings_are_refused(given: dict[str, object], line: str) -> None:
    with pytest.raises(ValidationError, match=line):
        PublishSettings.model_validate(given)


def test_a_password_written_out_is_refused_and_not_repeated() -> None:
    with pytest.raises(ValidationError) as refusal:
        PublishSettings.model_validate({"mqtt": {"host": "h", "username": "u", "password": "hunter2"}})
    assert "hunter2" not in "; ".join(error["msg"] for error in refusal.value.errors())


def test_every_setting_is_described_in_the_schema() -> None:
    schema = PublishSettings.model_json_schema()
    for model in ("HistorySettings", "MqttSettings"):
        assert all("description" in field for field in schema["$defs"][model]["properties"].values())


@pytest.mark.parametrize("host", ["broker", "broker.lan", "10.0.0.3", "fe80::1", "::1"])
def test_names_and_addresses_of_brokers(host: str) -> None:
    mqtt = PublishSettings.model_validate({"mqtt": {"host": host}}).mqtt
    assert mqtt is not None and mqtt.host == host
