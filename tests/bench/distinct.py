"""An export of many distinct resources: distinct.py FOLDER ROWS RESOURCES [ACCOUNTS]

Legacy CSV of one month in eight files. Every resource has a Name and two more tags of its own;
100 services an account, rows of a resource are far from each other; a row has some 800 bytes."""
import subprocess
import sys
from pathlib import Path

FILES = 8
SERVICES = 100
HEADER = ("identity/LineItemId,identity/TimeInterval,bill/BillingEntity,bill/PayerAccountId,"
          "lineItem/UsageAccountId,lineItem/LineItemType,lineItem/UsageStartDate,"
          "lineItem/UsageEndDate,lineItem/ProductCode,lineItem/UsageType,lineItem/Operation,"
          "lineItem/AvailabilityZone,lineItem/ResourceId,lineItem/UsageAmount,"
          "lineItem/CurrencyCode,lineItem/UnblendedRate,lineItem/UnblendedCost,"
          "lineItem/LineItemDescription,product/ProductName,product/region,product/sku,"
          "pricing/term,pricing/unit,resourceTags/user:Name,resourceTags/user:Team,"
          "resourceTags/user:Ticket," + ",".join(f"product/attribute{n}" for n in range(24)))
REGIONS = ("us-east-1", "eu-west-1", "ap-southeast-2", "eu-central-1")
ATTRIBUTES = ",".join(("Compute Instance", "General purpose", "Intel Xeon Platinum 8175",
                       "10 Gigabit", "", "EBS only") * 4)


def mixed(n):
    """Any order of numbers, each once (of 2 ** 32)."""
    return n * 2654435761 & 0xFFFFFFFF


def rows(first, end, resources, accounts):
    for n in range(first, end):
        r = mixed(n) % resources if resources < end else n
        key = mixed(r)
        account = f"{100000000000 + r // SERVICES % accounts}"
        region = REGIONS[key & 3]
        day = 1 + n % 30
        arn = (f"i-{key:08x}{r:09x}" if r % 3 else
               f"arn:aws:rds:{region}:{account}:db:db-{key:08x}-{r}")
        yield (f"{mixed(n + 1):08x}{n:08x}abcdefghijklmnopqrstuvwxyz234567abcd,"
               f"2026-10-{day:02}T00:00:00Z/2026-10-{day:02}T01:00:00Z,AWS,999999999999,"
               f"{account},Usage,2026-10-{day:02}T00:00:00Z,2026-10-{day:02}T01:00:00Z,"
               f"Service{r % SERVICES},{region}-BoxUsage:m5.large{key % 7},RunInstances,"
               f"{region}a,{arn},1.0000000000,USD,0.0960000000,{key % 1000}.{n % 10**9:010},"
               f"$0.096 per On Demand Linux m5.large Instance Hour in {region},"
               f"Product of Service{r % SERVICES},{region},ABCDEFGHJKLMNPQR,OnDemand,Hrs,"
               f"name-of-{r}-{key % 97},team-{key:x},TICKET-{r * 7},{ATTRIBUTES}\n")


def main(folder, count, resources, accounts=50):
    count, resources, accounts = int(count), int(resources), int(accounts)
    to = Path(folder) / "costs/20261001-20261101/0123"
    to.mkdir(parents=True)
    keys = []
    for part in range(FILES):
        name = f"costs-{part + 1:05}.csv.gz"
        keys.append(f'"costs/20261001-20261101/0123/{name}"')
        with open(to / name, "wb") as out, subprocess.Popen(
                ["gzip", "-1"], stdin=subprocess.PIPE, stdout=out, text=True) as pack:
            pack.stdin.write(HEADER + "\n")
            pack.stdin.writelines(rows(count * part // FILES, count * (part + 1) // FILES,
                                       resources, accounts))
    manifest = ('{"assemblyId":"0123","reportName":"costs","compression":"GZIP",'
                '"contentType":"text/csv","account":"999999999999","bucket":"b",'
                '"billingPeriod":{"start":"20261001T000000.000Z","end":"20261101T000000.000Z"},'
                f'"reportKeys":[{",".join(keys)}]}}')
    for at in (to, to.parent):
        (at / "costs-Manifest.json").write_text(manifest, encoding="ascii")


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
