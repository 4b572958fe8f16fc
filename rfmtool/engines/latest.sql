-- The level to the latest words of each customer. A day as eight digits before a word sorts by both:
-- of several on the latest day the largest by bytes is taken.
select owner, {words}
from level join people on level.customer_id = people.customer_id
group by owner
order by owner
