"""Deliveries by hand: rows, packed, with the manifest that names them."""
import csv
import gzip
import io
import json
import os
import pathlib
import zipfile

LEGACY_HEADER = [
    "identity/LineItemId",
    "bill/InvoiceId",
    "bill/PayerAccountId",
    "bill/BillingPeriodStartDate",
    "lineItem/UsageAccountId",
    "lineItem/LineItemType",
    "lineItem/UsageStartDate",
    "lineItem/UsageEndDate",
    "lineItem/ProductCode",
    "lineItem/UsageType",
    "lineItem/Operation",
    "lineItem/ResourceId",
    "lineItem/UsageAmount",
    "lineItem/CurrencyCode",
    "lineItem/UnblendedCost",
    "lineItem/LineItemDescription",
    "product/region",
    "resourceTags/user:Team",
]
CUR2_HEADER = [
    "identity_line_item_id",
    "bill_invoice_id",
    "bill_payer_account_id",
    "bill_payer_account_name",
    "bill_billing_period_start_date",
    "line_item_usage_account_id",
    "line_item_usage_account_name",
    "line_item_line_item_type",
    "line_item_usage_start_date",
    "line_item_usage_end_date",
    "line_item_product_code",
    "line_item_usage_type",
    "line_item_operation",
    "line_item_resource_id",
    "line_item_usage_amount",
    "line_item_currency_code",
    "line_item_unblended_cost",
    "line_item_line_item_description",
    "product_region_code",
    "resource_tags",
]


def next_month(month):
    year, number = int(month[:4]), int(month[5:])
    return f"{year + number // 12:04}-{number % 12 + 1:02}"


def legacy_row(
    month,
    cost="1.5",
    account="111122223333",
    service="AmazonEC2",
    day=1,
    resource="i-0aa",
    **more,
):
    start = f"{month}-{day:02}T00:00:00Z"
    row = {
        "identity/LineItemId": "id",
        "bill/PayerAccountId": "111122223333",
        "bill/BillingPeriodStartDate": f"{month}-01T00:00:00Z",
        "lineItem/UsageAccountId": account,
        "lineItem/LineItemType": "Usage",
        "lineItem/UsageStartDate": start,
        "lineItem/UsageEndDate": f"{month}-{day:02}T01:00:00Z",
        "lineItem/ProductCode": service,
        "lineItem/UsageType": "BoxUsage:t3.micro",
        "lineItem/Operation": "RunInstances",
        "lineItem/ResourceId": resource,
        "lineItem/UsageAmount": "1.0",
        "lineItem/CurrencyCode": "USD",
        "lineItem/UnblendedCost": cost,
        "lineItem/LineItemDescription": "a line",
        "product/region": "eu-west-1",
        "resourceTags/user:Team": "blue",
    }
    row.update(more)
    return row


def cur2_row(
    month,
    cost="1.5",
    account="111122223333",
    name="prod-eu",
    service="AmazonEC2",
    day=1,
    resource="i-0aa",
    **more,
):
    row = {
        "identity_line_item_id": "id",
        "bill_payer_account_id": "111122223333",
        "bill_payer_account_name": "payer",
        "bill_billing_period_start_date": f"{month}-01T00:00:00.000Z",
        "line_item_usage_account_id": account,
        "line_item_usage_account_name": name,
        "line_item_line_item_type": "Usage",
        "line_item_usage_start_date": f"{month}-{day:02}T00:00:00.000Z",
        "line_item_usage_end_date": f"{month}-{day:02}T01:00:00.000Z",
        "line_item_product_code": service,
        "line_item_usage_type": "BoxUsage:t3.micro",
        "line_item_operation": "RunInstances",
        "line_item_resource_id": resource,
        "line_item_usage_amount": "1.0",
        "line_item_currency_code": "USD",
        "line_item_unblended_cost": cost,
        "line_item_line_item_description": "a line",
        "product_region_code": "eu-west-1",
        "resource_tags": '{"user_team":"blue"}',
    }
    row.update(more)
    return row


def csv_bytes(rows, header):
    text = io.StringIO(newline="")
    out = csv.DictWriter(text, header, restval="", lineterminator="\n")
    out.writeheader()
    out.writerows(rows)
    return text.getvalue().encode()


def pack(raw, compression):
    if compression == "gzip":
        return gzip.compress(raw, 6, mtime=0)
    if compression == "zip":
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("part.csv", raw)
        return packed.getvalue()
    return raw


def put(path, content):
    """As an upload does: the object is there at once, or not."""
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name("." + path.name)
    fresh.write_bytes(content)
    os.replace(fresh, path)
    return path


_SUFFIX = {"gzip": ".csv.gz", "zip": ".csv.zip", "plain": ".csv"}


def legacy_delivery(
    root,
    month,
    chunks,
    assembly="20261101T000000Z",
    name="report",
    prefix="exports",
    layout="overwrite",
    compression="gzip",
    manifest=True,
    header=None,
):
    """Writes one delivery of one month. A chunk is a list of rows, or the bytes of the
    object.

    manifest: True, False for none, bytes to be put in its place.
    Answers the month's folder.
    """
    folder = (
        pathlib.Path(root)
        / prefix
        / name
        / f"{month.replace('-', '')}01-{next_month(month).replace('-', '')}01"
    )
    data = folder / assembly if layout == "create-new" else folder
    keys = []
    for number, chunk in enumerate(chunks, 1):
        raw = (
            chunk
            if isinstance(chunk, bytes)
            else pack(csv_bytes(chunk, header or LEGACY_HEADER), compression)
        )
        path = put(data / f"{name}-{number:05}{_SUFFIX[compression]}", raw)
        keys.append(str(path.relative_to(root)))
    text = json.dumps(
        {
            "assemblyId": assembly,
            "account": "111122223333",
            "columns": [],
            "charset": "UTF-8",
            "compression": "GZIP",
            "contentType": "text/csv",
            "reportId": "0" * 64,
            "reportName": name,
            "bucket": "billing",
            "reportKeys": keys,
            "billingPeriod": {
                "start": month.replace("-", "") + "01T000000.000Z",
                "end": next_month(month).replace("-", "") + "01T000000.000Z",
            },
            "additionalArtifactKeys": [],
        },
        indent=1,
    ).encode()
    if manifest is not False:
        text = text if manifest is True else manifest
        if layout == "create-new":
            put(data / f"{name}-Manifest.json", text)
        put(folder / f"{name}-Manifest.json", text)
    return folder


def cur2_delivery(
    root,
    month,
    chunks,
    execution="11111111-2222-3333-4444-555555555555",
    timestamp="2026-11-20T01:02:03.004Z",
    name="cur2",
    prefix="exports",
    layout="overwrite",
    manifest=True,
    header=None,
):
    """The same for Data Exports."""
    base = pathlib.Path(root) / prefix / name
    part = f"BILLING_PERIOD={month}"
    run_name = f"{timestamp}-{execution}"
    data = (
        base / "data" / part / run_name
        if layout == "create-new"
        else base / "data" / part
    )
    files = []
    for number, chunk in enumerate(chunks, 1):
        raw = (
            chunk
            if isinstance(chunk, bytes)
            else pack(csv_bytes(chunk, header or CUR2_HEADER), "gzip")
        )
        path = put(data / f"{name}-{number:05}.csv.gz", raw)
        files.append("s3://billing/" + str(path.relative_to(root)))
    text = json.dumps(
        {
            "executionId": execution,
            "exportArn": "arn:aws:bcm-data-exports:us-east-1:111122223333:export/"
            + f"{name}-0",
            "columns": [],
            "dataFiles": files,
            "additionalOutputFiles": [],
        },
        indent=1,
    ).encode()
    if manifest is not False:
        text = text if manifest is True else manifest
        if layout == "create-new":
            put(base / "metadata" / part / run_name / f"{name}-Manifest.json", text)
        put(base / "metadata" / part / f"{name}-Manifest.json", text)
    return data
