#!/bin/sh
# A monthly job: score with last month's cut points, so that a customer who moves really moved.
# monthly.sh EXPORT FOLDER
set -eu
export=$1
folder=$2
if [ -e "$folder/scales.json" ]; then
    rfmtool run "$export" -o "$folder" --scales "$folder/scales.json" --quiet
else
    rfmtool run "$export" -o "$folder" --quiet
fi
