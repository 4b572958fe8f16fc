-- Lines to the finest level that is kept: the daily amounts of each order, by category where that
-- depends on whole orders. Of several texts on one day the largest by bytes stays, whatever the
-- order of lines.
select {keys}, {sums}
from lines
group by {keys}
