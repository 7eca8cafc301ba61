"""The site file: one YAML file that names a site's cameras, their frames and slots, and how the node runs them."""

from cameras.site.camera import SiteCamera
from cameras.site.detector import DetectorSettings
from cameras.site.frames import chosen_cameras, site_dataset
from cameras.site.reading import read_site
from cameras.site.schedule import Schedule
from cameras.site.settings import CameraSettings, Site
from cameras.site.slot_file import import_slots, read_slot_file, write_slot_file

__all__ = [
    "CameraSettings",
    "DetectorSettings",
    "Schedule",
    "Site",
    "SiteCamera",
    "chosen_cameras",
    "import_slots",
    "read_site",
    "read_slot_file",
    "site_dataset",
    "write_slot_file",
]
