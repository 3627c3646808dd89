"""The drug model judged from outside: the same equations by a stiff solver, and published figures beside its own."""
