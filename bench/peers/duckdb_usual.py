"""RFM as an analyst would write it in DuckDB: duckdb_usual.py SOURCE OUT.

Types are guessed from the file, nothing is netted or counted out, and ties are split by row.
"""

import sys

import duckdb

source, out = sys.argv[1:3]
con = duckdb.connect()
if source.endswith(".csv"):
    export = con.read_csv(source, dtype={"InvoiceNo": "VARCHAR", "CustomerID": "VARCHAR"})
else:
    export = con.read_parquet(source)
export.create_view("export")

con.sql("""
with customers as (
    select
        CustomerID as customer_id,
        min(InvoiceDate)::date as first_order_on,
        max(InvoiceDate)::date as last_order_on,
        count(distinct InvoiceNo) as frequency,
        sum(Quantity * UnitPrice) as monetary
    from export
    where CustomerID is not null
    group by 1
),
aged as (
    select *, (select max(last_order_on) from customers) + 1 - last_order_on as recency_days
    from customers
),
scored as (
    select
        *,
        6 - ntile(5) over (order by recency_days) as r,
        ntile(5) over (order by frequency) as f,
        ntile(5) over (order by monetary) as m
    from aged
)
select
    *,
    r::varchar || f::varchar || m::varchar as rfm,
    case
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
    end as segment
from scored
order by customer_id
""").write_csv(out, header=True)
