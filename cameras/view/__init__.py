"""View health: whether a frame shows what the camera should see, and by how much the view has shifted."""

from cameras.view.settings import ViewSettings
from cameras.view.thumbnail import thumbnail
from cameras.view.watch import ViewWatch

__all__ = ["ViewSettings", "ViewWatch", "thumbnail"]
