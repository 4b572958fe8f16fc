-- Books to what each order moved on each day, in whole numbers, with customers by number.
select owner, order_id, day, {sums}
from books join people on books.customer_id = people.customer_id
{group_by}
order by owner, order_id, day
