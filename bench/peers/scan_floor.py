"""The floor: read the five columns the job needs with pyarrow, and count: scan_floor.py SOURCE."""

import sys

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

COLUMNS = ["CustomerID", "InvoiceNo", "InvoiceDate", "Quantity", "UnitPrice"]
BLOCK_BYTES = 4 << 20

source = sys.argv[1]
if source.endswith(".csv"):
    batches = pa_csv.open_csv(
        source,
        read_options=pa_csv.ReadOptions(block_size=BLOCK_BYTES),
        convert_options=pa_csv.ConvertOptions(
            include_columns=COLUMNS, column_types=dict.fromkeys(COLUMNS, pa.string())
        ),
    )
else:
    batches = pq.ParquetFile(source).iter_batches(columns=COLUMNS)
print(f"{sum(batch.num_rows for batch in batches):,} lines")
