from django.urls import path

from palermo.web.papers import views

app_name = "papers"
urlpatterns = [
    path("referrals/<str:reference>/papers/", views.papers, name="papers"),
    path("referrals/<str:reference>/papers/note/", views.AddNote.as_view(), name="add-note"),
    path(
        "referrals/<str:reference>/papers/notes/<int:number>/correct/", views.CorrectNote.as_view(), name="correct-note"
    ),
    path("referrals/<str:reference>/papers/document/", views.AddDocument.as_view(), name="add-document"),
    path("referrals/<str:reference>/papers/documents/<int:number>/", views.document, name="document"),
    path("referrals/<str:reference>/papers/documents/<int:number>/download/", views.download, name="download"),
    path(
        "referrals/<str:reference>/papers/documents/<int:number>/original/", views.Original.as_view(), name="original"
    ),
    path(
        "referrals/<str:reference>/papers/documents/<int:number>/withdraw/", views.Withdraw.as_view(), name="withdraw"
    ),
    path("referrals/<str:reference>/decisions/", views.decisions, name="decisions"),
    path("referrals/<str:reference>/decisions/new/", views.Decide.as_view(), name="decide"),
    path("referrals/<str:reference>/decisions/<int:earlier>/follow/", views.Decide.as_view(), name="follow"),
    path("referrals/<str:reference>/crime/", views.ReferToCrimes.as_view(), name="crime"),
    path("crimes/", views.crimes, name="crimes"),
]
