#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs the suite once; Surefire's report of its one class becomes JUNIT.xml: mvn_junit.sh JUNIT.xml
set -euo pipefail
rm -rf target/surefire-reports
status=0
mvn -Dstyle.color=never --quiet --batch-mode test || status=$?
cp target/surefire-reports/TEST-fors.KinesisTest.xml "$1"
exit $status
