"""Does the record keep what it has acknowledged: when its writer is killed, the power fails, or the disk does?"""
