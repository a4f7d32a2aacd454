"""What goes wrong in a shop without its partners' doing: it is told, it is repaired, and it stops nobody else."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from uuid import uuid4

import pytest

from local.endpoint import REGION
from local.stack import ROOT, as_root
from tests.flows.patience import until

PATIENCE_SECONDS = 120.0

pytestmark = pytest.mark.usefixtures("iam_enforced")


@pytest.fixture(scope="module")
def tea(shop):
    """A sku of which there is plenty."""
    sku = f"tea-{uuid4().hex[:8]}"
    shop.stock_up(sku, 250, 1000)
    return sku


@pytest.fixture
def since():
    """Milliseconds since 1970, as the log counts."""
    return int(time.time() * 1000)


def placed(shop, sku):
    """The id of an order that nothing is wrong with."""
    order = {"customerId": "c-1", "items": [{"sku": sku, "quantity": 2, "priceCents": 250}]}
    answer = shop.place(order, uuid4().hex)
    assert answer.status == 202
    return answer.order_id


def ends(shop, order_id):
    until(lambda: shop.find(order_id).body["status"] == "SHIPPED", PATIENCE_SECONDS)


def test_what_the_readme_orders_by_hand_is_shipped(endpoint, stack, shop):
    by_hand = re.search(r"<!-- an order by hand -->\n```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert by_hand
    env = as_root(endpoint.url, os.environ) | {
        "AWS_DEFAULT_REGION": REGION,
        "ORDERS_API_URL": shop.outputs["orders_api_url"],
    }
    commands = by_hand[1].replace("stock set", f"stock set --environment {stack.name}")
    done = subprocess.run(["bash", "-ec", commands], cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    location = re.search(r"(?mi)^location: .*/(\w+)\s*$", done.stdout)
    assert location
    ends(shop, location[1])


def test_a_permission_that_lacks_is_told_and_orders_go_on_when_it_is_back(shop, deployed, tea, since):
    pipeline = shop.outputs["orders_function_names"]["pipeline"]
    with deployed.function_without(pipeline, "dynamodb:UpdateItem"):
        order_id = placed(shop, tea)
        until(lambda: bool(refusals(shop, since)), PATIENCE_SECONDS)
        assert shop.find(order_id).body["status"] == "PLACED"
    ends(shop, order_id)


def refusals(shop, since):
    """What the pipeline says of invocations that came to nothing for want of a permission."""
    return [
        line
        for line in shop.log("pipeline", since)
        if line.get("message") == "invocation_failed" and line["error"] == "AccessDeniedException"
    ]


@pytest.fixture
def no_order(shop):
    """The id of an item that somebody writes by hand, and that is no order."""
    table, key = shop.client("dynamodb"), {"id": {"S": f"by-hand-{uuid4().hex[:8]}"}}
    name = shop.outputs["orders_table_name"]
    table.put_item(TableName=name, Item={**key, "status": {"S": "PLAECD"}})
    yield key["id"]["S"]
    table.delete_item(TableName=name, Key=key)
    shop.client("sqs").purge_queue(QueueUrl=shop.outputs["orders_retry_queue_url"])


def test_an_item_that_is_no_order_is_kept_with_its_reason_and_stops_no_other(shop, tea, since, no_order):
    ends(shop, placed(shop, tea))
    until(lambda: bool(unpublishable(shop, no_order)), PATIENCE_SECONDS)
    (kept,) = unpublishable(shop, no_order)
    assert kept["record"]["dynamodb"]["NewImage"]["status"] == {"S": "PLAECD"}
    assert "version" in kept["reason"]
    told = [line for line in shop.log("pipeline", since) if line.get("message") == "order_stuck"]
    assert no_order in [line["order_id"] for line in told]
    assert shop.waiting().get("retries") == 1  # on its way to the dead letters, where an alarm looks for it


def unpublishable(shop, order_id):
    """What the publisher has kept of this item."""
    s3, bucket = shop.client("s3"), shop.outputs["orders_failures_bucket_name"]
    listed = s3.list_objects_v2(Bucket=bucket, Prefix="unpublishable/").get("Contents", [])
    kept = [json.loads(s3.get_object(Bucket=bucket, Key=one["Key"])["Body"].read()) for one in listed]
    return [one for one in kept if one["record"]["dynamodb"]["Keys"]["id"]["S"] == order_id]


def test_an_order_that_is_removed_leaves_index_and_cache_and_stays_in_the_audit_trail(shop, neighbourhood, tea):
    order_id = placed(shop, tea)
    ends(shop, order_id)
    until(lambda: neighbourhood.search.versions.get(order_id) == 5, PATIENCE_SECONDS)
    shop.remove(order_id)
    until(lambda: f"orders/{order_id}/0000000006.json" in shop.audited(), PATIENCE_SECONDS)
    assert [(one["change"], one["status"]) for one in shop.trail(order_id)[order_id]][-2:] == [
        ("MODIFY", "SHIPPED"),
        ("REMOVE", "SHIPPED"),
    ]
    until(lambda: order_id not in neighbourhood.search.documents, PATIENCE_SECONDS)
    with neighbourhood.cache() as cache:
        until(lambda: json.loads(cache.get(f"order:{order_id}"))["version"] == 6, PATIENCE_SECONDS)
        assert json.loads(cache.get(f"order:{order_id}"))["removed"] is True
