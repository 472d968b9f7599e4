"""What each route of the API is for: one sentence, what its body carries, what its query takes.

A test holds the table against the routes and against the bodies that their code reads.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import BaseModel

from datasetbuilder.app.rest import bodies


@dataclass(frozen=True, slots=True)
class Entry:
    """One method of one address."""

    summary: str
    body: type[BaseModel] | None = None
    query: Mapping[str, str] | None = None
    media: str = "application/json"


_PAGE = {
    "after": "the id behind which the page begins",
    "limit": "how many images, at most 1000",
    "state": "only images in this state",
    "label": "only images with an annotation of this label id",
    "pick": "only images of this choice",
}
_MAP = {"what": "objects or images", "method": "pca, tsne or, where installed, umap"}
_EVENTS = {
    "before": "the event number before which the page ends",
    "limit": "how many events",
    "author": "only what this person did",
    "key": "only what happened to this object",
}

CATALOGUE: dict[tuple[str, str], Entry] = {
    ("openapi", "GET"): Entry("This document"),
    ("me", "GET"): Entry("Who you are and what you may do in which project"),
    ("log_in", "POST"): Entry("Log in with a name and a password", bodies.Login),
    ("log_out", "DELETE"): Entry("Log out"),
    ("change_password", "POST"): Entry("Change your password", bodies.NewPassword),
    ("tokens", "GET"): Entry("The tokens of programs, without their secrets"),
    ("create_token", "POST"): Entry("Make a token; its secret is told once", bodies.NewToken),
    ("revoke_token", "DELETE"): Entry("Revoke a token"),
    ("users", "GET"): Entry("The accounts"),
    ("change_user", "PATCH"): Entry("Shut an account out or let it in", bodies.UserChange),
    ("end_logins", "DELETE"): Entry("End every login of an account"),
    ("invites", "GET"): Entry("The invites that nobody has used"),
    ("create_invite", "POST"): Entry("Invite somebody; the link is told once", bodies.NewInvite),
    ("withdraw_invite", "DELETE"): Entry("Withdraw an invite"),
    ("audit", "GET"): Entry("Who let whom in, and when"),
    ("members", "GET"): Entry("Who has which role in a project"),
    ("set_role", "PUT"): Entry("Give somebody a role in a project", bodies.NewRole),
    ("remove_role", "DELETE"): Entry("Take somebody's role in a project away"),
    ("projects", "GET"): Entry("The projects that you may see"),
    ("create_project", "POST"): Entry("Make a project", bodies.NewProject),
    ("project", "GET"): Entry("A project with its counters"),
    ("images", "GET"): Entry("A page of images, by id", query=_PAGE),
    ("add_images", "POST"): Entry(
        "Add images: a folder that the server reads as a job, or an upload of files and zips",
        bodies.Folder,
    ),
    ("annotations", "GET"): Entry("All that is needed to draw on an image"),
    ("image_operations", "POST"): Entry(
        "Change an image's annotations, scribbles and state; safe to repeat", bodies.Operations
    ),
    ("project_operations", "POST"): Entry(
        "Change a project's labels, splits and settings; safe to repeat", bodies.Operations
    ),
    ("labels", "GET"): Entry("The labels of a project, removed ones included"),
    ("project_conflicts", "GET"): Entry("The conflicts that wait for an answer"),
    ("conflicts", "GET"): Entry("The conflicts of an image that wait for an answer"),
    ("presence", "POST"): Entry(
        "Say what you do on an image; hear who else is there", bodies.Presence
    ),
    ("take_image", "POST"): Entry(
        "The next image for you, held until you return it", bodies.TakeImage
    ),
    ("leases", "GET"): Entry("Which images are held by whom"),
    ("give_back", "DELETE"): Entry("Give an image back to the queue"),
    ("assignments", "GET"): Entry("How many images are assigned to whom"),
    ("assign", "POST"): Entry("Assign images to people in turn", bodies.Assignment),
    ("unassign", "DELETE"): Entry("Take assigned images back", bodies.Assignment),
    ("guide", "GET"): Entry("The instructions of a project and what its labels mean"),
    ("set_guide", "PUT"): Entry("Write the instructions, and what labels mean", bodies.Guide),
    ("reviews", "GET"): Entry(
        "What waits for you to review, with who finished it",
        query={"after": "the id behind which the page begins", "limit": "how many images"},
    ),
    ("review", "GET"): Entry("Who finished an image, and what its last review said"),
    ("review_rule", "GET"): Entry("What of the finished work is reviewed"),
    ("set_review_rule", "PUT"): Entry("Say what of the finished work is reviewed", bodies.Rule),
    ("overview", "GET"): Entry(
        "How far a project is and who did what; of yourself unless you review",
        query={"format": "json, or csv or parquet for the table of days"},
    ),
    ("rounds", "GET"): Entry("The rounds in which raters label the same images blind"),
    ("start_round", "POST"): Entry(
        "Deal images to raters who do not see each other", bodies.NewRound
    ),
    ("close_round", "DELETE"): Entry("End a round; its raters see what everybody sees"),
    ("agreement", "POST"): Entry(
        "How far raters agree; a job where it takes longer", bodies.AskedAgreement
    ),
    ("findings", "GET"): Entry("What the raters of an image drew, object by object"),
    ("disagreement", "GET"): Entry("Where the raters of an image differ", media="image/png"),
    ("adjudicate", "POST"): Entry("Settle an image: copies for everybody", bodies.Consensus),
    ("undo_consensus", "DELETE"): Entry("Take a settlement back", bodies.UndoneConsensus),
    ("gold", "GET"): Entry("The gold images, and how raters fared on them"),
    ("add_gold", "PUT"): Entry("Make an image gold; its present objects are the answer"),
    ("remove_gold", "DELETE"): Entry("Measure nobody by an image any longer"),
    ("project_history", "GET"): Entry("What happened in a project, newest first", query=_EVENTS),
    ("history", "GET"): Entry("What happened on an image, newest first", query=_EVENTS),
    ("moment", "GET"): Entry("One event of an image: what was there before and after it"),
    ("state_at", "GET"): Entry(
        "Everything on an image as it was after an event", query={"seq": "the event's number"}
    ),
    ("steps", "GET"): Entry(
        "Your steps on an image, newest first: what undo goes through",
        query={"until": "the last event that counts"},
    ),
    ("restore", "POST"): Entry("Bring an image or objects back as they were", bodies.Restore),
    ("pixels", "GET"): Entry("The upright picture of an image", media="image/*"),
    ("prepare", "POST"): Entry("Get an image ready for the refine tools"),
    ("refine_scribbles", "POST"): Entry("Strokes to a mask", bodies.RefineScribbles),
    ("refine_outline", "POST"): Entry("A rough outline to the object's edge", bodies.RefineOutline),
    ("refine_region", "POST"): Entry("A box, click, touch or shape to a mask", bodies.RefineRegion),
    ("refine_edit", "POST"): Entry("A shape split, filled, smoothed or resized", bodies.RefineEdit),
    ("refine_cutout", "POST"): Entry(
        "The object of a shape as a picture, transparent round it",
        bodies.RefineCutout,
        media="image/png",
    ),
    ("convert_shapes", "POST"): Entry("Draw shapes as another kind", bodies.ConvertShapes),
    ("combine_shapes", "POST"): Entry("Merge, subtract or intersect shapes", bodies.CombineShapes),
    ("divide_shape", "POST"): Entry("Cut a shape along a line", bodies.DivideShape),
    ("samples", "GET"): Entry(
        "A window of an image as plain numbers in its original depth",
        query={
            "x": "the first column",
            "y": "the first row",
            "width": "how many columns, at most 1024 times shrink",
            "height": "how many rows, at most 1024 times shrink",
            "shrink": "1 to 64: each square of that many pixels becomes its mean",
        },
        media="application/octet-stream",
    ),
    ("histogram", "GET"): Entry(
        "How often each value occurs in an image, and the window it is shown in at first"
    ),
    ("profile", "POST"): Entry("The intensities along a line, with its length", bodies.Line),
    ("scale", "GET"): Entry("How long a pixel of an image is"),
    ("set_scale", "PUT"): Entry("Say how long a pixel is", bodies.SaidScale),
    ("image_measurements", "GET"): Entry("Every object of an image, measured"),
    ("objects", "GET"): Entry("What is known of the table of all objects, and what measures it"),
    ("measure_objects", "POST"): Entry("Measure every object of a project, as a job"),
    ("objects_file", "GET"): Entry(
        "The table of all objects as CSV or Parquet",
        query={
            "filter": "conditions by column as JSON, in AG Grid's model",
            "sort": 'columns as JSON, such as [{"colId": "area", "sort": "desc"}]',
        },
        media="application/octet-stream",
    ),
    ("create_pick", "POST"): Entry(
        "Choose images for the gallery: by id, or those of objects that pass filters",
        bodies.NewPick,
    ),
    ("map", "GET"): Entry("What is known of a map, and what draws it", query=_MAP),
    ("draw_map", "POST"): Entry("Lay objects or images out on a map, as a job", query=_MAP),
    ("map_points", "GET"): Entry("The points of a map, by columns", query=_MAP),
    ("duplicates", "GET"): Entry("Images that are the same, or look alike, in groups"),
    ("recipe", "GET"): Entry("The corrections of an image, and where its corners are seen"),
    ("set_recipe", "PUT"): Entry("Say how an image, or every one, is corrected", bodies.SaidRecipe),
    ("corrected", "POST"): Entry(
        "A small picture of an image as corrections would show it",
        bodies.TriedRecipe,
        media="image/png",
    ),
    ("exports", "GET"): Entry("The exports of a project"),
    ("start_export", "POST"): Entry("Export as a job", bodies.NewExport),
    ("verify_export", "POST"): Entry("Compare an export with its manifest, as a job"),
    ("diff_export", "POST"): Entry(
        "Compare an export with another one or the project, as a job", bodies.ExportDiff
    ),
    ("start_import", "POST"): Entry(
        "Upload annotation files, then look at them or store them, as a job", bodies.NewImport
    ),
    ("download_export", "GET"): Entry("An export as one zip", media="application/zip"),
    ("beside", "POST"): Entry(
        "Writes of a program beside the server, on this machine", bodies.Handed
    ),
    ("jobs", "GET"): Entry("The jobs of a project"),
    ("make_previews", "POST"): Entry("Make the thumbnails and previews that are missing, as a job"),
    ("job", "GET"): Entry("A job with its progress"),
    ("cancel_job", "DELETE"): Entry("Cancel a job"),
    ("resume_job", "POST"): Entry("Go on with a job where it stood"),
}
