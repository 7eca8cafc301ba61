"""View health: whether a frame shows what the camera should see, and by how much the view has shifted."""

from lotwise.cameras.site.view import ViewSettings
from lotwise.cameras.view.health import ViewHealth
from lotwise.cameras.view.thumbnail import thumbnail

__all__ = ["ViewHealth", "ViewSettings", "thumbnail"]
