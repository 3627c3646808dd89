"""Mutation testing of the core: does some test notice when a line of it is wrong?"""
