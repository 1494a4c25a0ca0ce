#!/bin/sh
# Makes the recordings of the scenarios with espeak-ng, so that no person's voice is in them. They are kept in git: a recording has to
# be a file, and sounds the same whatever version is installed.
set -eu
cd "$(dirname "$0")"
espeak-ng -v en-us+m3 -s 150 -w opening-hours.wav "what are your opening hours"
