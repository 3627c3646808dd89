"""The patient's stop: a normally-closed contact on the control lines of a serial port."""
