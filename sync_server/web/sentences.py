"""What a refusal says to the person at the page, by its code: what happened, what follows, what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask_babel import lazy_gettext as _

if TYPE_CHECKING:
    from flask_babel.speaklater import LazyString

    from shared.errors import ServicehallError

SENTENCES: Final[dict[str, LazyString]] = {
    "sign_in_waits": _(
        "Too many tries from this place. For 15 minutes no password is looked at here; then try again. "
        "From another computer you can sign in now."
    ),
    "username_taken": _("This user name is taken. Choose another."),
    "username_malformed": _("A user name is 2 to 40 small letters, digits, dots or dashes."),
    "display_name_malformed": _("Give the person's name, at most 80 characters."),
    "password_too_short": _("The password is too short: 10 characters or more."),
    "password_too_long": _("The password is too long: at most 128 characters."),
    "password_too_easy": _("This password is easily guessed. Take several words that do not belong together."),
    "badge_out_already": _("This member of staff already has a badge. Revoke or reissue that one."),
    "badge_revoked_already": _("This badge is revoked already. Nothing was changed."),
    "badge_serials_used_up": _("This badge was reissued 255 times. Issue a badge with a new number."),
    "badge_reason_unknown": _("Choose one of the reasons on the page."),
    "badge_lost_day_missing": _("Say on which day the badge was lost. Nothing was changed."),
    "badge_lost_day_ahead": _("The day of the loss lies ahead. Nothing was changed."),
    "card_character_missing": _(
        "A character of the card's text is not in its font, so no card was made. Tell the system administrator."
    ),
    "staff_departed": _("This person has left; no badge is issued."),
    "second_person_needed": _("Two people are needed: whoever made the place cannot also approve it."),
    "fingerprint_differs": _(
        "The fingerprint is not the one of the waiting kiosk. Do not approve; look who else is on the line."
    ),
    "enrolment_refused": _("The code is used up or too old. Make a new one."),
    "enrolment_not_pending": _("No enrolment of this kiosk waits for approval. Nothing was changed."),
    "kiosk_name_malformed": _("A kiosk's name is the hall, -K and two or three digits: H1-K01."),
    "kiosk_of_another_hall": _("The name begins with another hall."),
    "kiosk_slot_taken": _("There is a kiosk of this name. Choose another number."),
    "session_title_missing": _("Give the session a title. Nothing was changed."),
    "session_place_missing": _("Say where the session is. Nothing was changed."),
    "session_text_too_long": _("Title and place have at most 200 characters. Nothing was changed."),
    "session_times": _("Give a day, a beginning and an end; a session lasts at most a day. Nothing was changed."),
    "session_nobody_expected": _("Nobody would be expected. Choose everybody, or a department that has staff."),
    "session_not_a_workday": _("This day is no workday. For a gathering or an event choose that kind."),
    "calendar_year_missing": _(
        "The holidays of %(year)s are not known here yet. Set the day by hand in the calendar, or wait until "
        "they are announced and the software is brought up to date."
    ),
    "calendar_reason_missing": _("Say why the day is set by hand. Nothing was changed."),
    "service_letter": _("A service has one letter, A to Z. Nothing was changed."),
    "service_name_missing": _("Give the service a Chinese and an English name. Nothing was changed."),
    "windows_malformed": _("Write windows like 1-4, 7. Nothing was changed."),
    "window_unknown": _("There is no such window. Nothing was called."),
    "ticket_unknown": _("This number is not known here. Nothing was changed."),
    "ticket_still_called": _("A number is still called to window %(window)s. End it first: served, or not come."),
    "ticket_at_other_window": _("This number is at window %(window)s now. Nothing was changed."),
    "ticket_state_step": _("Somebody was faster: this number has moved on. Look at the page as it is now."),
}
_OTHER: Final = _("The server refused this step and changed nothing. Tell the system administrator the code %(code)s.")


def sentence_for(error: ServicehallError) -> str:
    """Return the sentence for ``error`` in the language of the page."""
    known = SENTENCES.get(error.code)
    return str(known) % error.facts if known is not None else str(_OTHER) % {"code": error.code}
