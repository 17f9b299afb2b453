from django.urls import path

from palermo.web.papers import views

app_name = "papers"
urlpatterns = [
    path("referrals/<str:reference>/papers/", views.papers, name="papers"),
    path("referrals/<str:reference>/papers/note/", views.AddNote.as_view(), name="add-note"),
    path(
        "referrals/<str:reference>/papers/notes/<int:number>/correct/", views.CorrectNote.as_view(), name="correct-note"
    ),
]
