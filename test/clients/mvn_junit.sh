#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs the suite once; Surefire's reports, one a class, become JUNIT.xml:
# mvn_junit.sh JUNIT.xml [MAVEN ARGUMENTS]
set -euo pipefail
rm -rf target/surefire-reports
status=0
mvn -Dstyle.color=never --quiet --batch-mode test "${@:2}" || status=$?
{
    echo '<testsuites>'
    sed '/^<?xml/d' target/surefire-reports/TEST-*.xml
    echo '</testsuites>'
} >"$1"
exit $status
