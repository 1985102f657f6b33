"""Read the environment once, at the edge."""

from gridtwin.settings.model_settings import LanguageModelSettings, ModelLimits
from gridtwin.settings.serve_settings import MOST_TWO_PERSON_MIN, ServeSettings, find_ask_record
from gridtwin.settings.sign_in_settings import SignInSettings, is_safe_address
from gridtwin.settings.twin_settings import Settings, find_cache_folder
from gridtwin.settings.warehouse_settings import IcebergSettings, SnowflakeSettings
from gridtwin.settings.webhook_settings import WebhookSettings

__all__ = [
    "MOST_TWO_PERSON_MIN",
    "IcebergSettings",
    "LanguageModelSettings",
    "ModelLimits",
    "ServeSettings",
    "Settings",
    "SignInSettings",
    "SnowflakeSettings",
    "WebhookSettings",
    "find_ask_record",
    "find_cache_folder",
    "is_safe_address",
]
