-- All customers, numbered in the order of the bytes of customer_id, with the sums of their lines.
create table people as
select customer_id, row_number() over (order by customer_id) - 1 as owner, {sums}
from level
group by customer_id
