"""The Earth: WGS 84 and gravity.

Reference: NIMA TR8350.2, third edition (2000), tables 3.1 and 3.3; J2 from the normalised
C20 = -4.84165371736e-4 of EGM96 (section 5): J2 = -sqrt(5) C20.
"""

SEMI_MAJOR_M = 6_378_137.0
FLATTENING = 1.0 / 298.257223563
SEMI_MINOR_M = SEMI_MAJOR_M * (1.0 - FLATTENING)
ECCENTRICITY_SQUARED = FLATTENING * (2.0 - FLATTENING)
GRAVITY_M3_S2 = 3.986004418e14
J2 = 1.082626684e-3
ROTATION_RAD_S = 7.292115e-5
MEAN_RADIUS_M = 6_371_008.8
"""Mean radius (2a + b)/3 of WGS 84; for spherical estimates only."""
