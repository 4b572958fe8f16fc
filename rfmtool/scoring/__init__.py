"""RFM values, scores, timing and share of wallet of customers."""
