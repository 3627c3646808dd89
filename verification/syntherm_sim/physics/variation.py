"""How one patient differs from the table of tissues."""

from attrs import frozen
from numpy.random import Generator


@frozen
class Variation:
    """Factors of one patient, constant over the session.

    perfusion, attenuation: multiply the resting figures of every tissue (the tumour has its own perfusion factor).
    dilation, tumour_dilation: factor that perfusion reaches at 42 degC and above. Healthy tissue rises several-fold;
    a tumour responds less (both recalled, unverified). absorbed_fraction: part of the attenuated power that becomes
    heat on the spot; the rest is scattered. focused_fraction: part of the transmitted power that aberration and
    sparse sampling leave in the focused wave; the rest is spread. Both ranges are assumptions, the second chosen so
    that a 20 mm target can be held at 41 degC while tissue beyond 20 mm stays mostly below 41.
    """

    perfusion: float
    tumour_perfusion: float
    attenuation: float
    dilation: float
    tumour_dilation: float
    absorbed_fraction: float
    focused_fraction: float

    @classmethod
    def draw(cls, generator: Generator) -> "Variation":
        """Draw a patient: perfusion 0.7..1.4, attenuation 0.8..1.25, dilation 2..3 (tumour 1.05..1.35).

        The tumour's factor is 0.6..1.2, since the resting figure that was read is already high for a tumour.
        """
        return cls(
            perfusion=float(generator.uniform(0.7, 1.4)),
            tumour_perfusion=float(generator.uniform(0.6, 1.2)),
            attenuation=float(generator.uniform(0.8, 1.25)),
            dilation=float(generator.uniform(2.0, 3.0)),
            tumour_dilation=float(generator.uniform(1.05, 1.35)),
            absorbed_fraction=float(generator.uniform(0.55, 0.75)),
            focused_fraction=float(generator.uniform(0.75, 0.90)),
        )


TEXTBOOK = Variation(
    perfusion=1.0,
    tumour_perfusion=1.0,
    attenuation=1.0,
    dilation=2.5,
    tumour_dilation=1.2,
    absorbed_fraction=0.65,
    focused_fraction=0.82,
)
