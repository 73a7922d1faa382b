# SPDX-License-Identifier: GPL-2.0-or-later
"""The lab: a virtual host with real KVM and VFIO, and the cases that run in it."""
