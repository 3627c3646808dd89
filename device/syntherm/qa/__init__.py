"""Quality assurance at the site, before it treats: absolute thermometry of an ethylene-glycol phantom.

A process of its own (class A): it reads a folder of images, compares the temperature of every vial with the
fibre-optic truth, and says whether thermometry at this scanner is within its limits. Nothing here controls energy.
"""
