"""The ranges that could be found, and their sources. Nothing here was measured in a patient of the i-GO trial.

No code of the device takes its parameters from this table by itself: whoever wants the model passes a set to it.
"Program A" is a public MATLAB program for free and liposomal doxorubicin in rats (after Harashima 1999), "program
B" a public tumour-cord program for doxorubicin; of both, the listed constants were read, not the papers behind them.
"""

from typing import Final

from syntherm.core.drug.parameters import Parameters, Provenance, Range

_READ, _DERIVED = Provenance.READ, Provenance.DERIVED
_RECALLED, _ASSUMED = Provenance.RECALLED, Provenance.ASSUMED
_ROBERT: Final = (
    "derived from three exponentials of free doxorubicin in patients, 0.0746 /L at 2.683e-3 /s (program B, read), "
    "2.49e-3 /L at 2.83e-4 /s and 5.52e-4 /L at 1.18e-5 /s (recalled, unverified)"
)

LITERATURE: Final = Parameters(
    plasma_volume_l=Range(
        2.4, 3.0, 3.6, "L", _ASSUMED, "about 3 L, a round figure for an adult; a fifth more and less is assumed"
    ),
    liposome_half_life_h=Range(
        0.5, 1.5, 3.0, "h", _RECALLED,
        "first phase of 1 to 2 h recalled, unverified; 'hours' in Haemmerich 2023 (abstract read); ends assumed",
    ),
    leak_share=Range(
        0.0, 0.5, 1.0, "1", _ASSUMED,
        "not known for LTLD: none to all; half where clearance and leak are equal, as in program A (other liposomes)",
    ),
    free_volume_l=Range(8.6, 12.88, 19.3, "L", _RECALLED, f"{_ROBERT}; two thirds to one and a half assumed"),
    free_elimination_per_s=Range(
        6.21e-4, 9.31e-4, 1.40e-3, "1/s", _RECALLED, f"{_ROBERT}; two thirds to one and a half assumed"
    ),
    free_to_shallow_per_s=Range(
        3.60e-4, 5.40e-4, 8.10e-4, "1/s", _RECALLED, f"{_ROBERT}; two thirds to one and a half assumed"
    ),
    free_from_shallow_per_s=Range(
        2.43e-4, 3.64e-4, 5.47e-4, "1/s", _RECALLED, f"{_ROBERT}; two thirds to one and a half assumed"
    ),
    free_to_deep_per_s=Range(
        7.44e-4, 1.116e-3, 1.67e-3, "1/s", _RECALLED, f"{_ROBERT}; two thirds to one and a half assumed"
    ),
    free_from_deep_per_s=Range(
        1.76e-5, 2.64e-5, 3.96e-5, "1/s", _RECALLED, f"{_ROBERT}; two thirds to one and a half assumed"
    ),
    onset_degC=Range(
        39.0, 39.5, 40.0, "degC", _RECALLED,
        "39.5 degC quoted for i-GO, recalled, unverified; release at 40 to 43 degC in NCT03749850 (read); "
        "nothing below 39 degC recalled, unverified",
    ),
    full_degC=Range(
        41.0, 41.3, 42.0, "degC", _RECALLED,
        "release in seconds from 41.3 degC recalled, unverified; complete in seconds at 42 degC in Lokerse 2016 for "
        "other thermosensitive liposomes (abstract read)",
    ),
    release_per_s=Range(
        0.027, 0.054, 0.35, "1/s", _RECALLED,
        "0.054 /s at 42 degC in Zhan and Xu 2013, recalled, unverified; half of it assumed; half of the drug in 2 s, "
        "as 'within seconds' in NCT03749850 (read) may be taken",
    ),
    plasma_flow_per_s=Range(
        4.7e-4, 1.62e-3, 3.58e-3, "mL/mL/s", _RECALLED,
        "0.6 plasma in blood (program B, read) of: fat 47 mL/min/kg recalled, unverified; rat tumour 9.72 mL/h/g "
        "(program A, read); tumour 6.26 kg/m3/s in a hyperthermia study (table read)",
    ),
    plasma_fraction=Range(
        0.0086, 0.0171, 0.0342, "mL/mL", _ASSUMED,
        "0.0285 mL/g of vessels in a rat tumour (program A, read) with 0.6 plasma; half to double is assumed",
    ),
    exchange_per_s=Range(
        0.005, 0.0133, 0.0533, "mL/mL/s", _DERIVED,
        "200 /cm of vessels times 60 um/min (a second public program) or 160 um/min (program B), all read; times 0.25 "
        "unbound in plasma (program B, read), and without it for the highest",
    ),
    interstitial_fraction=Range(
        0.20, 0.323, 0.40, "mL/mL", _ASSUMED, "0.323 mL/g (program A, read); 0.4 (program B, read); 0.2 is assumed"
    ),
    uptake_per_s=Range(
        6.3e-4, 0.0183, 0.53, "1/s", _DERIVED,
        "2.27 /h in rat tumours (program A, read); slope at zero of the saturable law of program B, 0.28 ng per 1e5 "
        "cells and minute over 0.4 x 0.219 ug/mL with 1e9 cells per mL; their geometric mean",
    ),
    efflux_per_s=Range(
        1.35e-5, 2.14e-4, 3.41e-3, "1/s", _DERIVED,
        "0.0485 /h in rat tumours (program A, read); slope at zero of the saturable law of program B, 0.28 / 1.37 per "
        "minute; their geometric mean",
    ),
)  # fmt: skip
