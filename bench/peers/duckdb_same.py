"""The job of `rfmtool score`, to the last detail, in DuckDB alone: duckdb_same.py SOURCE OUT.

Every CSV cell is read as text and tried, so one bad cell costs one row; every row lands in a
ledger; orders are netted; days are counted beside orders; equal customers get equal scores.
"""

import sys

import duckdb

source, out = sys.argv[1:3]
con = duckdb.connect()
if source.endswith(".csv"):
    export = con.read_csv(source, all_varchar=True, header=True, delimiter=",", quotechar='"')
else:
    export = con.read_parquet(source)
export.create_view("export")

# Amounts are whole 1/10,000s; a cast from double to bigint rounds half to even.
con.execute("""
create temp table accounts as
with typed as (
    select
        CustomerID as customer_id,
        InvoiceNo as order_id,
        try_cast(InvoiceDate as timestamp)::date as day,
        try_cast(
            try_cast(Quantity as double) * try_cast(UnitPrice as double) * 10000 as bigint
        ) as amount
    from export
),
sorted_out as (
    select
        *,
        case
            when day is null then 'bad_date'
            when amount is null then 'bad_amount'
            when customer_id is null or customer_id = '' then 'anonymous'
            else 'used'
        end as bin
    from typed
),
orders as (
    select
        bin,
        case when bin = 'used' then customer_id end as customer_id,
        case when bin = 'used' then order_id end as order_id,
        min(day) filter (amount > 0) as day,
        sum(amount) as amount,
        sum(least(amount, 0)) as refund,
        count(*) as lines
    from sorted_out
    group by all
)
select
    bin,
    customer_id,
    count(*) filter (amount > 0) as frequency,
    count(distinct day) filter (amount > 0) as order_days,
    min(day) filter (amount > 0) as first_order_on,
    max(day) filter (amount > 0) as last_order_on,
    sum(amount) as monetary,
    -sum(refund) as refunds,
    sum(lines) as lines
from orders
group by all
""")

for name, lines in con.execute("select bin, sum(lines) from accounts group by 1").fetchall():
    print(f"{name}: {lines:,} lines")

con.sql("""
with customers as (
    select
        *,
        (select max(last_order_on) from accounts where bin = 'used') - last_order_on
            as recency_days
    from accounts
    where bin = 'used'
),
cuts as (
    select
        quantile_cont(recency_days, [.2, .4, .6, .8]) as recency,
        quantile_cont(monetary, [.2, .4, .6, .8]) as monetary
    from customers
    where frequency > 0
),
scored as (
    select
        customers.*,
        case when frequency > 0 then
            5 - len(list_filter(cuts.recency, lambda cut: cut < recency_days))
        end as r,
        case
            when frequency >= 10 then 5
            when frequency >= 5 then 4
            when frequency >= 3 then 3
            when frequency >= 1 then frequency
        end as f,
        case when frequency > 0 then
            1 + len(list_filter(cuts.monetary, lambda cut: cut < customers.monetary))
        end as m
    from customers, cuts
)
select
    customer_id,
    case when order_days >= 2 then 'client' when order_days = 1 then 'customer' else 'prospect' end
        as stage,
    case
        when r is null then 'no_orders'
        when r <= 2 and f <= 2 then 'hibernating'
        when r <= 2 and f <= 4 then 'at_risk'
        when r <= 2 then 'cant_lose'
        when r = 3 and f <= 2 then 'about_to_sleep'
        when r = 3 and f = 3 then 'need_attention'
        when r <= 4 and f >= 4 then 'loyal'
        when r = 4 and f = 1 then 'promising'
        when r = 5 and f = 1 then 'new'
        when f <= 3 then 'potential_loyalist'
        else 'champions'
    end as segment,
    r::varchar || f::varchar || m::varchar as rfm,
    r + f + m as rfm_total,
    r as recency_score,
    f as frequency_score,
    m as monetary_score,
    recency_days,
    frequency,
    monetary / 10000 as monetary,
    first_order_on,
    last_order_on,
    order_days,
    round(monetary / 10000 / nullif(frequency, 0), 4) as average_order,
    refunds / 10000 as refunds
from scored
order by customer_id
""").write_csv(out, header=True)
