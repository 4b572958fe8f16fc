-- The level to the latest text cells of each customer. A day of eight digits before a text sorts by
-- both: of several texts on the latest day the largest by bytes is taken.
select owner, {words}
from level join people on level.customer_id = people.customer_id
group by owner
order by owner
