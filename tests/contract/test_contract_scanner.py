"""What the session may rely on in any scanner: each dynamic once, in order, as planned, and older than its arrival."""

import numpy as np
import pytest

from syntherm.core.events import FatMapReceived, FrameReceived, Geometry


@pytest.mark.verifies("SRS-408", "RC-09")
def test_dynamics_come_in_order_without_a_gap(scanner) -> None:
    scanner.start()
    arrived = scanner.collect(20.5 * scanner.plan.scanner.frame_period_s)
    images = [image for _, image in arrived]
    assert [image.sequence for image in images] == list(range(images[0].sequence, images[0].sequence + len(images)))
    assert 18 <= len(images) <= 20


@pytest.mark.verifies("SRS-408", "SRS-409", "RC-09")
def test_a_dynamic_was_measured_before_it_arrives_and_one_period_after_the_last(scanner) -> None:
    scanner.start()
    period_s = scanner.plan.scanner.frame_period_s
    arrived = scanner.collect(10.5 * period_s)
    for arrived_s, image in arrived:
        # Half a dynamic is still measured after its centre, then it is reconstructed.
        assert period_s / 2.0 < arrived_s - image.acquired_s <= scanner.plan.limits.frame_age_s
    moments = [image.acquired_s for _, image in arrived]
    assert np.diff(moments) == pytest.approx(period_s, abs=scanner.jitter_s)


@pytest.mark.verifies("SRS-408", "RC-09")
def test_images_are_as_the_plan_says(scanner) -> None:
    scanner.start()
    wanted = scanner.plan.scanner
    for _, image in scanner.collect(3.5 * wanted.frame_period_s):
        assert isinstance(image, FrameReceived)
        assert image.geometry == Geometry(wanted.matrix, wanted.voxel_mm, wanted.first_voxel_mm)
        assert image.volume.shape == wanted.matrix and image.volume.dtype == np.complex64
        assert np.isfinite(image.volume).all() and np.abs(image.volume).max() > 0.0
        # A wire gives the field as a whole number of hertz.
        assert image.field_T == pytest.approx(wanted.field_T, rel=1e-7)
        assert image.echo_time_ms == wanted.echo_time_ms


@pytest.mark.verifies("SRS-408")
def test_what_was_not_fetched_waits_and_comes_once(scanner) -> None:
    scanner.start()
    period_s = scanner.plan.scanner.frame_period_s
    seen = [image for _, image in scanner.collect(2.5 * period_s)]
    assert scanner.port.received() == ()
    seen += [image for _, image in scanner.collect(4.0 * period_s)]
    assert len({image.sequence for image in seen}) == len(seen) == 6


@pytest.mark.verifies("SRS-408")
@pytest.mark.only_simulated("its fat map and its first dynamic are people's")
def test_nothing_is_lost_between_two_fetches(scanner) -> None:
    scanner.send_fat_map()
    scanner.start()
    # No longer than the plan lets an image wait: an adapter may refuse older ones itself.
    scanner.wait(2.5 * scanner.plan.scanner.frame_period_s)
    first, *images = scanner.port.received()
    assert isinstance(first, FatMapReceived), "the oldest comes first"
    assert [image.sequence for image in images] == [1, 2]


@pytest.mark.verifies("SRS-408")
def test_two_dynamics_are_never_the_same_image(scanner) -> None:
    scanner.start()
    images = [image for _, image in scanner.collect(4.5 * scanner.plan.scanner.frame_period_s)]
    assert len({image.volume.tobytes() for image in images}) == len(images) > 2


@pytest.mark.only_simulated("its fat map is people's")
def test_the_fat_map_lies_on_the_images_own_grid(scanner) -> None:
    assert scanner.port.received() == ()
    scanner.send_fat_map()
    ((_, map_),) = scanner.collect(1.0)
    assert isinstance(map_, FatMapReceived)
    assert map_.fat_fraction.shape == map_.geometry.matrix == scanner.plan.scanner.matrix
    assert map_.fat_fraction.dtype == np.float32
    assert ((map_.fat_fraction >= 0.0) & (map_.fat_fraction <= 1.0)).all()


@pytest.mark.only_simulated("its fat map is people's")
def test_a_fat_map_as_it_should_be_is_not_remarked(scanner) -> None:
    scanner.collect(0.1)
    scanner.port.remarks()
    scanner.send_fat_map()
    scanner.collect(0.5 * scanner.plan.scanner.frame_period_s)
    assert scanner.port.remarks() == ()


def test_what_is_as_it_should_be_is_not_remarked(scanner) -> None:
    scanner.collect(0.1)
    scanner.port.remarks()
    scanner.start()
    scanner.collect(2.5 * scanner.plan.scanner.frame_period_s)
    assert scanner.port.remarks() == ()


@pytest.mark.only_simulated("people start it")
def test_starting_twice_is_starting_once(scanner) -> None:
    scanner.start()
    scanner.start()
    images = [image for _, image in scanner.collect(5.5 * scanner.plan.scanner.frame_period_s)]
    assert [image.sequence for image in images] == list(range(1, len(images) + 1)) and len(images) <= 5
