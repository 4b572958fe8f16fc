-- Books to what each customer's lines sum up to. Which orders count is left to who has the entries.
select
    customer_id,
    cast(null as integer[]) as order_dates,
    sum(sales) as sales,
    sum(refunds) as refunds,
    sum(rows) as rows{costs}
from books
group by customer_id
order by customer_id
