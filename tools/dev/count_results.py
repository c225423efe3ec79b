"""count_results.py FILE…: reads JUnit XML and prints "PASSED FAILED". A skipped test counts as failed: nothing is skipped here.
Fails when a file does not go to its end."""

import sys
import xml.etree.ElementTree as xml

passed = failed = 0
for name in sys.argv[1:]:
    try:
        cases = xml.parse(name).iter("testcase")
    except xml.ParseError as e:
        sys.exit(f"{name} breaks off: {e}")
    for case in cases:
        bad = next((c for c in case if c.tag in ("failure", "error", "skipped")), None)
        if bad is None and case.get("status") != "notrun":
            passed += 1
        elif bad is not None:
            failed += 1
            print(f"  {bad.tag}: {case.get('classname')} {case.get('name')}", file=sys.stderr)
print(passed, failed)
