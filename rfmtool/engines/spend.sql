-- Books to what customers spent net in periods, both ends included; a missing end is open.
select place, coalesce(sum(sales) - sum(refunds), 0) as net
from periods
left join people on periods.owner = people.owner
left join books
    on people.customer_id = books.customer_id
    and books.day >= coalesce(periods.from_day, books.day)
    and books.day <= coalesce(periods.to_day, books.day)
group by place
order by place
