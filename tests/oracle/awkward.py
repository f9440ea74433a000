"""A small export with everything that is legal and rare: made up, the same each time."""
import csv
import io
import random

import delivery

RANGE = "20240201-20240301"
ACCOUNTS = ["000000000012", "111122223333", "999988887777"]
CURRENCIES = ["USD", "USD", "EUR", "CNY"]
TEXTS = ["", "", "plain", "with, comma", 'a "quote"', "two\nlines", "CR\r\nLF", " spaces ",
         "ünï©ödé", "=1+1", "-", "1E5", "0012", "x" * 300]
RESOURCES = ["", "", "i-0abc", "vol-1", "-dash", ".", "..", "_no-resource", "a/b c", "ünï",
             "arn:aws:sns:eu-west-1:111122223333:topic",
             "arn:aws:sns:us-east-1:111122223333:topic",
             "topic", "arn:aws:s3:::bucket/key", "arn:aws:x:::", "r" * 250, "ö" * 90]
COSTS = ["0.0", "1.0", "1.005", "1.015", "-1.0", "-0.0", "1.81E-8", "9.984E-7", "5E-19", "15E-19",
         "25E-19", "1.0E10", "29.0000000000", "123456789012.123456789", "", "0.000000000000000001",
         "+7", ".5", "3."]
TYPES = ["Usage", "Usage", "Usage", "Tax", "Credit", "Refund", "Fee", "RIFee", "DiscountedUsage",
         "SavingsPlanUpfrontFee", "SavingsPlanRecurringFee", "SavingsPlanCoveredUsage",
         "SavingsPlanNegation", "EdpDiscount", "FlatRateSubscription", "NobodyKnowsThis", ""]
SERVICES = ["AmazonEC2", "AmazonS3", "ComputeSavingsPlans", "5hnnev4d0v7mapf09j0v8of0o", "odd/code",
            "AmazonEC2"]
# 29 February, the first and last instant, before and behind the month, other spellings of UTC.
STARTS = ["2024-02-01T00:00:00Z", "2024-02-29T23:00:00.000Z", "2024-02-10 05:00:00",
          "2024-02-10 05:00:00+00:00", "2024-01-31T23:59:59Z", "2024-05-01T00:00:00Z",
          "2024-02-15T12:34:56.789Z", "2025-01-31T00:00:00Z"]
COMMON = """identity/LineItemId identity/TimeInterval bill/InvoiceId bill/InvoicingEntity
bill/BillingEntity bill/BillType bill/PayerAccountId bill/BillingPeriodStartDate
bill/BillingPeriodEndDate lineItem/UsageAccountId lineItem/LineItemType lineItem/UsageStartDate
lineItem/UsageEndDate lineItem/ProductCode lineItem/UsageType lineItem/Operation
lineItem/AvailabilityZone lineItem/ResourceId lineItem/UsageAmount lineItem/CurrencyCode
lineItem/UnblendedCost lineItem/LineItemDescription lineItem/LegalEntity product/ProductName
product/region pricing/unit""".split()
RESERVATION = """reservation/EffectiveCost reservation/ReservationARN
reservation/UnusedAmortizedUpfrontFeeForBillingPeriod reservation/UnusedRecurringFee""".split()
PLANS = """savingsPlan/SavingsPlanEffectiveCost savingsPlan/TotalCommitmentToDate
savingsPlan/UsedCommitment""".split()
NET = """lineItem/NetUnblendedCost reservation/NetEffectiveCost
savingsPlan/NetSavingsPlanEffectiveCost""".split()
SPLIT = """splitLineItem/SplitCost splitLineItem/NetSplitCost splitLineItem/UnusedCost
splitLineItem/ParentResourceId""".split()
TAGS = ["resourceTags/user:Owner", "resourceTags/user:owner", "resourceTags/user:Cost Center",
        "resourceTags/user:a/b", "resourceTags/user:Größe", "resourceTags/aws:createdBy",
        "resourceTags/user:Name", "costCategory/Team, or so", "costCategory/team"]
# Chunks of one month need not agree; an empty and a doubled header have been seen.
HEADERS = [
    COMMON + ["pricing/publicOnDemandCost"] + RESERVATION + PLANS + NET + SPLIT + TAGS,
    COMMON + PLANS + TAGS[:3] + ["product/regionCode", "", "product/vcpu", "product/vcpu"],
    ["resourceTags/user:New"] + COMMON[::-1] + ["pricing/publicOnDemandCost"] + RESERVATION,
]


def cell_of(random_, name, row):
    short = name.rsplit("/", 1)[-1]
    if name in row:
        return row[name]
    if "Cost" in short and not name.startswith(("resourceTags", "costCategory")) \
            or short.startswith(("Unused", "TotalCommitment", "UsedCommitment")) \
            or short == "UsageAmount":
        return random_.choice(COSTS)
    if short == "ReservationARN":
        return random_.choice(["", "arn:aws:ec2:eu-west-1:111122223333:reserved-instances/1"])
    if short in ("region", "regionCode"):
        return random_.choice(["", "eu-west-1", "us-east-1"])
    if short == "ParentResourceId":
        return ""
    return random_.choice(TEXTS)


def row_of(random_, number):
    service, start = random_.choice(SERVICES), random_.choice(STARTS)
    return {
        "identity/LineItemId": f"item{number}", "identity/TimeInterval": "2024-02-01T00:00:00Z/"
        "2024-02-01T01:00:00Z", "bill/InvoiceId": random_.choice(["", "77001", "77002"]),
        "bill/InvoicingEntity": random_.choice(["Amazon Web Services, Inc.", "AWS EMEA SARL"]),
        "bill/BillingEntity": "AWS Marketplace" if service.startswith("5h") else "AWS",
        "bill/BillingPeriodStartDate": "2024-02-01T00:00:00.000Z",
        "bill/BillingPeriodEndDate": "2024-03-01T00:00:00.000Z",
        "lineItem/UsageAccountId": random_.choice(ACCOUNTS),
        "lineItem/LineItemType": random_.choice(TYPES), "lineItem/UsageStartDate": start,
        "lineItem/UsageEndDate": start, "lineItem/ProductCode": service,
        "lineItem/ResourceId": random_.choice(RESOURCES),
        "lineItem/Operation": random_.choice(["RunInstances", "", "EKSPod-EC2", "ECSTask-EC2"]),
        "lineItem/CurrencyCode": random_.choice(CURRENCIES),
        "lineItem/LineItemDescription": random_.choice(
            TEXTS + ["Refund for one-time fee for Savings Plan ID 1"]),
        "product/ProductName": random_.choice(
            ["", "Elastic, Compute", "Zebra \"DB\"", "two\nlines"]),
    }


def tie_of(random_, currency):
    """One sum in several currencies: what comes first is told by their names."""
    return dict(row_of(random_, 0), **{
        "lineItem/UsageAccountId": "777777777777", "lineItem/ProductCode": "Tie",
        "lineItem/CurrencyCode": currency, "lineItem/UnblendedCost": "1.0",
        "lineItem/Operation": "RunInstances", "bill/BillingEntity": "AWS"})


def csv_of(header, rows, random_):
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow([cell_of(random_, name, row) for name in header])
    return text.getvalue().encode()


def chunks(seed=1, rows=900, count=3):
    """Contents of the month's files. The last has nothing but its header, as deliveries that
    shrink leave behind."""
    random_, contents, number = random.Random(seed), [], 0
    for index in range(count):
        items = [row_of(random_, number + i) for i in range(rows // count)]
        number += len(items)
        if index == 0:
            items += [tie_of(random_, currency) for currency in ("USD", "EUR", "CNY")]
        contents.append(csv_of(HEADERS[index % len(HEADERS)], items, random_))
    return contents + [csv_of(HEADERS[0], [], random_)]


def write(root, seed=1):
    return delivery.write(root, chunks(seed), RANGE)
